// What the Swagger UI page shows and how: https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
// A file of its own because the page's Content-Security-Policy allows no inline script.
const ui = SwaggerUIBundle({
  url: "openapi.json", // relative to the page, /swagger-ui
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout", // no top bar: there is one document
  deepLinking: true,
  defaultModelsExpandDepth: 0, // the schemas stand folded below the operations
  displayRequestDuration: true,
  persistAuthorization: true,
  responseInterceptor: followSession,
  tryItOutEnabled: true,
  validatorUrl: null, // no foreign host
});

// Whoever signs in on this page is authorized at once, and no longer once they sign out.
function followSession(answer) {
  const operation = new URL(answer.url).pathname.split("/").pop();
  if (answer.ok && answer.body?.access_token && ["login", "refresh"].includes(operation)) {
    const schema = { type: "http", scheme: "bearer", bearerFormat: "JWT" };
    const token = { name: "access_token", schema, value: answer.body.access_token };
    ui.authActions.authorizeWithPersistOption({ access_token: token });
  }
  if (answer.ok && operation === "logout") {
    ui.authActions.logoutWithPersistOption(["access_token"]);
  }
  return answer;
}
