"""The dataset packager: ckanpackager's API, and the zips it makes."""
