-- For people, not for the programs: what the tables say, as JSON.
CREATE VIEW signification.actes AS
    SELECT encode(cle, 'hex')::uuid AS acte, convert_from(valeur, 'UTF8')::jsonb AS vue FROM signification.acte;
CREATE VIEW signification.consentements AS
    SELECT encode(cle, 'hex')::uuid AS consentement, convert_from(valeur, 'UTF8')::jsonb AS vue
    FROM signification.consentement;
CREATE VIEW signification.recepisses AS
    SELECT encode(cle, 'hex')::uuid AS recepisse, convert_from(valeur, 'UTF8')::jsonb AS vue FROM signification.recepisse;
CREATE VIEW signification.journal AS
    SELECT seq, convert_from(octets, 'UTF8')::jsonb AS ligne FROM signification.ligne;
