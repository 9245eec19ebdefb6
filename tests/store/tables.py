from typing import Any

import botocore.config
import botocore.session

TABLE = "eksnet"
REGION = "eu-west-1"


def client(service: str = "dynamodb", region: str = REGION) -> Any:
    """Return a client whose credentials are no secret, and which never waits to try again."""
    return botocore.session.get_session().create_client(
        service,
        region_name=region,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


def make(dynamodb: Any, name: str = TABLE) -> str:
    """Make the table as the template does; return its name."""
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("pk", "sk")],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    dynamodb.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
    )
    return name
