/** The document of the page. It holds no data: what it shows, its scripts ask for with the token of who looks at it. */
export const pageDocument = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="referrer" content="no-referrer" />
    <meta name="robots" content="noindex" />
    <title>Bulkhead</title>
    <link rel="icon" type="image/svg+xml" href="/ui/icon.svg" />
    <link rel="stylesheet" href="/ui/style.css" />
    <script type="module" src="/ui/page.js"></script>
  </head>
  <body>
    <header id="bar" class="bar" hidden>
      <span class="brand"><img src="/ui/icon.svg" alt="" width="22" height="22" />Bulkhead</span>
      <nav aria-label="Views">
        <a href="#instances">Instances</a>
        <a href="#matrix">Matrix</a>
        <a href="#catalog">Catalog</a>
      </nav>
      <span id="link" class="link" role="status"></span>
      <button id="sign-out" type="button" class="quiet">Sign out</button>
    </header>
    <form id="sign-in" class="sign-in" hidden>
      <span class="brand"><img src="/ui/icon.svg" alt="" width="32" height="32" />Bulkhead</span>
      <label for="token">Token</label>
      <input id="token" type="password" autocomplete="off" spellcheck="false" maxlength="1000" required />
      <button type="submit">Sign in</button>
      <p id="problem" class="problem" role="alert"></p>
      <p class="soft">The token stays in the memory of this tab, until it is closed or loaded again.</p>
    </form>
    <main id="view" hidden></main>
    <noscript><p class="sign-in">This page needs JavaScript.</p></noscript>
  </body>
</html>
`;

/** Two compartments of a hull and the wall between them. */
export const pageIcon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <path d="M2 8h28l-3.6 14.2A5 5 0 0 1 21.6 26H10.4a5 5 0 0 1-4.8-3.8z" fill="#1f5fd0"/>
  <path d="M16 8v18" stroke="#fff" stroke-width="2.4"/>
</svg>
`;
