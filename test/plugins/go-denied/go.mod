module denied

go 1.21
