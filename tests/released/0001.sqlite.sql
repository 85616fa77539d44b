-- lLHq1YEuc-2y3IDSNNOgihH6sdDnNu3SABIxFwglnIE2J6XnhHnBM6GssNQ8rxuv
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE user_sessions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	user_id INTEGER NOT NULL, 
	user_agent VARCHAR(512) NOT NULL, 
	address VARCHAR(45) NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_used_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	failures INTEGER NOT NULL, 
	blocked_until DATETIME, 
	refresh_family VARCHAR(64) NOT NULL, 
	refresh_digest VARCHAR(64) NOT NULL, 
	used_refresh_digest VARCHAR(64), 
	refresh_seed BLOB, 
	refreshed_at DATETIME, 
	CONSTRAINT fk_user_sessions_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_user_sessions_refresh_family UNIQUE (refresh_family)
);
INSERT INTO "user_sessions" VALUES(1,1,'Werkzeug/3.1.9','127.0.0.1','2026-11-22 18:09:35.257809','2026-11-22 18:09:35.257809','2026-12-22 18:09:35.257809',0,NULL,'e9d12537ad00a35cf40652fcc8a78ebb6db92a9625bb7087aeac3922b2ed2e10','f48b0c5aa7ba5406decc1e10e41f9aca266d97d14e119cb83f9e1b993e7283cf',NULL,NULL,NULL);
INSERT INTO "user_sessions" VALUES(2,1,'Werkzeug/3.1.9','127.0.0.1','2026-11-22 18:09:35.298356','2026-11-22 18:09:35.298356','2026-12-22 18:09:35.298356',0,NULL,'477bcdf3b1cc1ab52bfeb48cf17fc81ffdf6d1afcb0bee2719dfa587a58b1c6d','b4f1ca1431c17df8629b3dcf4a863391594570c3669d204f4264d8f6a80041d3',NULL,NULL,NULL);
CREATE TABLE usernames (
	skeleton VARCHAR(255) NOT NULL, 
	user_id INTEGER, 
	released_at DATETIME, 
	CONSTRAINT pk_usernames PRIMARY KEY (skeleton), 
	CONSTRAINT fk_usernames_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL
);
INSERT INTO "usernames" VALUES('alice',1,NULL);
INSERT INTO "usernames" VALUES('bob',2,NULL);
CREATE TABLE users (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	username VARCHAR(64) NOT NULL, 
	canonical_username VARCHAR(64) NOT NULL, 
	email VARCHAR(320), 
	password_hash VARCHAR(512) NOT NULL, 
	created_at DATETIME NOT NULL, 
	disabled_at DATETIME, 
	failures INTEGER NOT NULL, 
	blocked_until DATETIME, 
	CONSTRAINT uq_users_canonical_username UNIQUE (canonical_username)
);
INSERT INTO "users" VALUES(1,'alice','alice','alice@example.com','$pbkdf2-sha256$10$j9GaEwKAMKYUwtibU.q9lw$tx07H/CRpPnLLtWgs7aXr06xhkXdwp/EGbCJDC5aaf4','2026-11-22 18:09:35.151728',NULL,0,NULL);
INSERT INTO "users" VALUES(2,'Bob','bob','Bob@example.com','$pbkdf2-sha256$10$VwqBsNZaCyFEiHFO6d17Lw$dA1BZCo6Ew2MnO0Rw7Fzc2LNt/dDT4d7Nxf8.OV2iQM','2026-11-22 18:09:35.185301',NULL,1,NULL);
CREATE INDEX ix_usernames_released_at ON usernames (released_at);
CREATE INDEX ix_usernames_user_id ON usernames (user_id);
CREATE INDEX ix_user_sessions_user_id ON user_sessions (user_id);
CREATE INDEX ix_user_sessions_expires_at ON user_sessions (expires_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('users',2);
INSERT INTO "sqlite_sequence" VALUES('user_sessions',2);
COMMIT;
