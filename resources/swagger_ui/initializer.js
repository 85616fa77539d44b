// What the Swagger UI page shows and how: https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/
// A file of its own because the page's Content-Security-Policy allows no inline script.
SwaggerUIBundle({
  url: "openapi.json", // relative to the page, /swagger-ui
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout", // no top bar: there is one document
  deepLinking: true,
  defaultModelsExpandDepth: 0, // the schemas stand folded below the operations
  displayRequestDuration: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
  validatorUrl: null, // no foreign host
});
