-- jNuToX_JWgFoMJvYSXweskFJel_b5Qr2ofUYZe417JdvZJ4NTu6I4Xy1jg3BTmuF
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE audit_events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	created_at DATETIME NOT NULL, 
	event VARCHAR(64) NOT NULL, 
	actor_id INTEGER, 
	user_id INTEGER, 
	team_id INTEGER, 
	details JSON NOT NULL
);
INSERT INTO "audit_events" VALUES(1,'2026-11-22 18:09:15.999171','team_created',1,NULL,1,'{"name": "Alice''s"}');
INSERT INTO "audit_events" VALUES(2,'2026-11-22 18:09:16.050610','invitation_created',1,2,1,'{"invitation_id": 1, "role": "member"}');
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
INSERT INTO "invitations" VALUES(1,1,1,2,NULL,NULL,'member',0,'2026-11-22 18:09:16.049692','2026-11-29 18:09:16.047970');
CREATE TABLE memberships (
	team_id INTEGER NOT NULL, 
	user_id INTEGER NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	joined_at DATETIME NOT NULL, 
	CONSTRAINT pk_memberships PRIMARY KEY (team_id, user_id), 
	CONSTRAINT fk_memberships_team_id_teams FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE CASCADE, 
	CONSTRAINT fk_memberships_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
INSERT INTO "memberships" VALUES(1,1,'owner','2026-11-22 18:09:15.977283');
CREATE TABLE teams (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name VARCHAR(100) NOT NULL, 
	created_at DATETIME NOT NULL
);
INSERT INTO "teams" VALUES(1,'Alice''s','2026-11-22 18:09:15.970711');
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
INSERT INTO "user_sessions" VALUES(1,1,'Werkzeug/3.1.9','127.0.0.1','2026-11-22 18:09:15.858611','2026-11-22 18:09:15.858611','2026-12-22 18:09:15.858611',0,NULL,'7393616b747b412835ef0f7efacb3123aebb419de8555049ac8c4744e45c2a15','9c06feb94db6fd9c8a1f8690cd6d6081219731399772700d44c787afa506f96b',NULL,NULL,NULL);
INSERT INTO "user_sessions" VALUES(2,1,'Werkzeug/3.1.9','127.0.0.1','2026-11-22 18:09:15.900063','2026-11-22 18:09:15.900063','2026-12-22 18:09:15.900063',0,NULL,'2dca7aa1d77e419c12be955260167c0b43c3fcbe0d0db9bca933c904952dbc45','296c96ba65697afab6ed64be714ca5fb8021e9132361ed254635b6e2dfb77380',NULL,NULL,NULL);
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
INSERT INTO "users" VALUES(1,'alice','alice','alice@example.com','$pbkdf2-sha256$10$hrB2DsG49z4nhDAmJOT8nw$uoHFvozy4f6gxPZkV1vUVgMOQSZE.hSEhqDwESrf4yY','2026-11-22 18:09:15.766807',NULL,0,NULL,NULL);
INSERT INTO "users" VALUES(2,'Bob','bob','Bob@example.com','$pbkdf2-sha256$10$PIewlhKCUAphjLEWIuR8zw$.i127ee9s9LRa9Kz5qKbX0dWekMIkKV3BGNR4ZrOQtI','2026-11-22 18:09:15.779584',NULL,1,NULL,NULL);
CREATE INDEX ix_usernames_released_at ON usernames (released_at);
CREATE INDEX ix_usernames_user_id ON usernames (user_id);
CREATE INDEX ix_user_sessions_expires_at ON user_sessions (expires_at);
CREATE INDEX ix_user_sessions_user_id ON user_sessions (user_id);
CREATE UNIQUE INDEX ix_users_verified_email ON users (verified_email);
CREATE INDEX ix_memberships_user_id ON memberships (user_id);
CREATE INDEX ix_invitations_email ON invitations (email);
CREATE INDEX ix_invitations_user_id ON invitations (user_id);
CREATE INDEX ix_invitations_inviter_id ON invitations (inviter_id);
CREATE INDEX ix_invitations_expires_at ON invitations (expires_at);
CREATE INDEX ix_audit_events_team_id_id ON audit_events (team_id, id);
CREATE INDEX ix_audit_events_created_at ON audit_events (created_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('users',2);
INSERT INTO "sqlite_sequence" VALUES('user_sessions',2);
INSERT INTO "sqlite_sequence" VALUES('teams',1);
INSERT INTO "sqlite_sequence" VALUES('audit_events',2);
INSERT INTO "sqlite_sequence" VALUES('invitations',1);
COMMIT;
