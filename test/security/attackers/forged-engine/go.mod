module bulkhead.test/forged-engine

go 1.20
