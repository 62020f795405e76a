-- Earlier passwords, by their hashes, the newest with the highest place: none of them is taken again too soon.
CREATE TABLE passwords (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (user_id, place)
);

-- Wrong passwords for names that nobody has.
CREATE TABLE strangers (
    id BIGINT PRIMARY KEY NOT NULL CHECK (id = 1),
    failures BIGINT NOT NULL
);
INSERT INTO strangers (id, failures) VALUES (1, 0);
