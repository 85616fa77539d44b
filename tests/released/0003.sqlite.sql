-- rQ9Y1chIm1480VGC_wyXrijF5PxM8O3rT7EXtXk2qMZAHa6Vb57S5cWqwuxNh67S
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, oldest_revision VARCHAR(32), 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0003','0003');
CREATE TABLE audit_events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	created_at DATETIME NOT NULL, 
	event VARCHAR(64) NOT NULL, 
	actor_id INTEGER, 
	user_id INTEGER, 
	team_id INTEGER, 
	details JSON NOT NULL
);
INSERT INTO "audit_events" VALUES(1,'2026-11-22 20:33:53.460841','team_created',1,NULL,1,'{"name": "Alice''s"}');
INSERT INTO "audit_events" VALUES(2,'2026-11-22 20:33:53.472442','invitation_created',1,2,1,'{"invitation_id": 1, "role": "member"}');
CREATE TABLE invitations (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	team_id INTEGER NOT NULL, 
	inviter_id INTEGER NOT NULL, 
	user_id INTEGER, 
	email VARCHAR(320), 
	token_digest VARCHAR(64), 
	role VARCHAR(16) NOT NULL, 
	transfer BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT uq_invitations_team_id_user_id UNIQUE (team_id, user_id), 
	CONSTRAINT uq_invitations_team_id_email UNIQUE (team_id, email), 
	CONSTRAINT fk_invitations_team_id_teams FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE CASCADE, 
	CONSTRAINT fk_invitations_inviter_id_users FOREIGN KEY(inviter_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT fk_invitations_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
	CONSTRAINT uq_invitations_token_digest UNIQUE (token_digest)
);
INSERT INTO "invitations" VALUES(1,1,1,2,NULL,NULL,'member',0,'2026-11-22 20:33:53.471695','2026-11-29 20:33:53.470339');
CREATE TABLE memberships (
	team_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	joined_at DATETIME NOT NULL, 
	CONSTRAINT pk_memberships PRIMARY KEY (team_id, user_id), 
	CONSTRAINT fk_memberships_team_id_teams FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE CASCADE, 
	CONSTRAINT fk_memberships_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "memberships" VALUES(1,1,'owner','2026-11-22 20:33:53.459836');
CREATE TABLE teams (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name VARCHAR(100) NOT NULL, 
	created_at DATETIME NOT NULL
);
INSERT INTO "teams" VALUES(1,'Alice''s','2026-11-22 20:33:53.458525');
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
INSERT INTO "user_sessions" VALUES(1,1,'Werkzeug/3.1.9','127.0.0.1','2026-11-22 20:33:53.437854','2026-11-22 20:33:53.437854','2026-12-22 20:33:53.437854',0,NULL,'c1f8e33e24a65a2ff08c706af16d21455e7e9553edde30293560990ddaf531d3','2213994df8e62f41e6f8b970235ee4eb1fc0993e54eeeecb5b9c07a04d09d554',NULL,NULL,NULL);
INSERT INTO "user_sessions" VALUES(2,1,'Werkzeug/3.1.9','127.0.0.1','2026-11-22 20:33:53.447350','2026-11-22 20:33:53.447350','2026-12-22 20:33:53.447350',0,NULL,'14a2d8cb1f31d61a056b635dba5ab8b5372bfd95bb6067d46016b78dcbab7268','ccd4475a0b52cc244e7b0095248de6a88b74f88816e3157271c619f3f66d4a48',NULL,NULL,NULL);
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
	blocked_until DATETIME, verified_email VARCHAR(320), 
	CONSTRAINT uq_users_canonical_username UNIQUE (canonical_username)
);
INSERT INTO "users" VALUES(1,'alice','alice','alice@example.com','$pbkdf2-sha256$10$iZGyVur9H4PQmvNey5kzJg$wVDTF8I4llpq0.D.9b9wcXI883X58nlCWh7xsOqYvyw','2026-11-22 20:33:53.414736',NULL,0,NULL,NULL);
INSERT INTO "users" VALUES(2,'Bob','bob','Bob@example.com','$pbkdf2-sha256$10$8F5LCeHcG.N8b621dk5p7Q$kkR1f2K1S2Qcsz6nB/eycSOYdpGEcnQYy02Ay1s9oFQ','2026-11-22 20:33:53.419991',NULL,1,NULL,NULL);
CREATE INDEX ix_usernames_user_id ON usernames (user_id);
CREATE INDEX ix_usernames_released_at ON usernames (released_at);
CREATE INDEX ix_user_sessions_expires_at ON user_sessions (expires_at);
CREATE INDEX ix_user_sessions_user_id ON user_sessions (user_id);
CREATE UNIQUE INDEX ix_users_verified_email ON users (verified_email);
CREATE INDEX ix_memberships_user_id ON memberships (user_id);
CREATE INDEX ix_invitations_expires_at ON invitations (expires_at);
CREATE INDEX ix_invitations_user_id ON invitations (user_id);
CREATE INDEX ix_invitations_email ON invitations (email);
CREATE INDEX ix_invitations_inviter_id ON invitations (inviter_id);
CREATE INDEX ix_audit_events_created_at ON audit_events (created_at);
CREATE INDEX ix_audit_events_team_id_id ON audit_events (team_id, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('users',2);
INSERT INTO "sqlite_sequence" VALUES('user_sessions',2);
INSERT INTO "sqlite_sequence" VALUES('teams',1);
INSERT INTO "sqlite_sequence" VALUES('audit_events',2);
INSERT INTO "sqlite_sequence" VALUES('invitations',1);
COMMIT;
