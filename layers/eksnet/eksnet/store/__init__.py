"""What is kept between runs, and where results go out: our own table, bucket, topic and bus."""
