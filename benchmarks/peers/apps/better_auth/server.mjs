// Better Auth's quick start for Node.js: e-mail and password, better-sqlite3.
// Added: the write-ahead log; `node server.mjs migrate` makes the tables.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import Database from "better-sqlite3";

const database = new Database(process.env.DATABASE);
database.pragma("journal_mode = WAL");
const options = {
  database,
  baseURL: `http://127.0.0.1:${process.env.PORT}`,
  secret: "a secret of more than thirty-two bytes",
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
};

if (process.argv[2] === "migrate") {
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
} else {
  createServer(toNodeHandler(betterAuth(options))).listen(Number(process.env.PORT), "127.0.0.1");
}
