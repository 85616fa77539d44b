"""The quick start of Flask-Security's documentation, with sign-up, tokens and JSON.

Added: an own-profile view and a health check, as it has none; SQLite's write-ahead log; a
connection for each thread, as with fewer reads failed while many signed in. Changed: no mails, no
look-up of mail domains, no CSRF tokens, as for an API that only takes tokens.
"""

import os

from flask import Flask, jsonify
from flask_security import Security, SQLAlchemyUserDatastore, auth_required, current_user
from flask_security.models import fsqla_v3 as fsqla
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text

app = Flask(__name__)
app.config.update(
    SECRET_KEY="a secret of more than thirty-two bytes",
    SECURITY_PASSWORD_SALT="146585145368132386173505678016728509634",
    SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"],
    SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True, "pool_size": 128},
    SECURITY_REGISTERABLE=True,
    SECURITY_SEND_REGISTER_EMAIL=False,
    SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
    WTF_CSRF_ENABLED=False,
)
db = SQLAlchemy(app)
fsqla.FsModels.set_db_info(db)


class Role(db.Model, fsqla.FsRoleMixin):
    """What somebody may do."""


class User(db.Model, fsqla.FsUserMixin):
    """Somebody."""


app.security = Security(app, SQLAlchemyUserDatastore(db, User, Role))


@app.get("/me")
@auth_required("token")
def me():
    """Who is asking."""
    return jsonify(id=current_user.id, email=current_user.email)


@app.get("/health")
def health():
    """Whether it serves."""
    return jsonify(status="ok")


if __name__ == "__main__":
    with app.app_context():
        db.session.execute(text("PRAGMA journal_mode=WAL"))
        db.create_all()
