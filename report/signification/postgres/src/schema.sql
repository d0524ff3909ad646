-- The storage of one platform. Truth: ligne, piece (only ever added to). Everything else is made from them.
CREATE SCHEMA signification;
CREATE TABLE signification.constat_meta (
    unique_ligne boolean PRIMARY KEY DEFAULT true CHECK (unique_ligne),
    format text NOT NULL,
    prochaine bigint,  -- how many lines the tables have taken; NULL: the tables are to be made again
    tete text          -- where the journal ended then (JSON)
);
CREATE TABLE signification.ligne (seq bigint PRIMARY KEY CHECK (seq >= 0), octets bytea NOT NULL);
CREATE TABLE signification.piece (
    rang bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    genre text NOT NULL,
    id uuid NOT NULL,
    octets bytea NOT NULL,
    sha256 bytea NOT NULL
);
CREATE INDEX piece_de ON signification.piece (genre, id, rang);
ALTER TABLE signification.piece ALTER COLUMN octets SET STORAGE EXTERNAL;  -- encrypted or signed: does not shrink
