// An Express app behind Muster. Run it: npm ci && node express_app.mjs
import express from "express";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const issuer = process.env.MUSTER_PUBLIC_URL.replace(/\/+$/, "");
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), {
  cacheMaxAge: 300_000,
});
const rules = {
  algorithms: ["ES256"],
  typ: "at+jwt",
  issuer,
  audience: "muster",
  clockTolerance: 30,
  requiredClaims: [
    "iss", "aud", "sub", "exp", "iat", "nbf", "jti", "sid", "fresh", "auth_time",
  ],
};

// What jose says when it could not fetch the keys; everything else is the token's fault.
function isOutage(error) {
  const codes = ["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"];
  return !(error instanceof errors.JOSEError) || codes.includes(error.code);
}

// Sets req.userId to the id of the user who calls; 401 for a stranger.
async function signedIn(req, res, next) {
  const sent = /^Bearer +(\S+)$/i.exec(req.get("Authorization") ?? "");
  try {
    const { payload } = await jwtVerify(sent?.[1] ?? "", keys, rules);
    req.userId = Number(payload.sub);
  } catch (error) {
    if (isOutage(error)) return res.sendStatus(503);
    return res.set("WWW-Authenticate", "Bearer").sendStatus(401);
  }
  next();
}

const app = express();

app.get("/whoami", signedIn, (req, res) => {
  res.json({ user_id: req.userId });
});

app.listen(process.env.PORT ?? 3000, "127.0.0.1");
