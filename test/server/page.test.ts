/** The page at /ui, in a real browser, with a plugin on a real engine that writes to harm whoever reads it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readdirSync } from 'node:fs';
import { plainText } from '../../src/foreign-text.ts';
import { pageDocument } from '../../src/server/ui/document.ts';
import { pageFile, pagePolicy, scriptNames } from '../../src/server/ui/page-files.ts';
import { noChromium, openPage, type Page } from '../cli/chromium.ts';
import { lowContrast } from '../cli/low-contrast.ts';
import { noEngines } from '../engines/engines.ts';
import { openEngineless } from './support/engineless.ts';
import { mountWriter } from './support/mount-writer.ts';
import { serverEngine, withServer } from './support/with-server.ts';

/** Waits in the page until an expression is true, which it is looked for with every picture that the browser draws. */
async function until(page: Page, expression: string): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const look = () => (${expression}) ? resolve() : setTimeout(look, 20);
    look();
  })`);
}

async function signIn(page: Page, token: string): Promise<void> {
  await page.evaluate("document.querySelector('#token').focus()");
  await page.type(token);
  await page.press('Enter');
}

const shownView = "!document.querySelector('#view').hidden";
const isLive = "document.querySelector('#link').dataset.state === 'live'";

it('consists of files without data, which need no token and load nothing from elsewhere', async () => {
  await using server = await openEngineless();
  assert.deepEqual(
    readdirSync('src/server/ui/browser')
      .filter((name) => name.endsWith('.js'))
      .sort(),
    [...scriptNames].sort(),
  );
  for (const name of ['', 'style.css', 'icon.svg', ...scriptNames]) {
    const { status, headers, text } = await server.api('GET', `/ui/${name}`, { token: '' });
    assert.equal(status, 200, name);
    assert.equal(headers['content-security-policy'], pagePolicy);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(text, (await pageFile(name))?.text);
    assert.doesNotMatch(text.replaceAll('http://www.w3.org/2000/svg', ''), /https?:\/\//);
    const known = { token: '', headers: { 'If-None-Match': String(headers.etag) } };
    assert.equal((await server.api('GET', `/ui/${name}`, known)).status, 304);
  }
  assert.doesNotMatch(
    pageDocument,
    /<script(?! type="module" src="\/ui\/page\.js"><\/script>)|\sstyle=|\son\w+=/,
  );
  for (const name of ['document.ts', 'page.ts', '%2e%2e%2fpage-files.ts', 'tsconfig.json']) {
    const { status } = await server.api('GET', `/ui/${name}`, { token: '' });
    assert.ok(status === 404 || status === 400, `${name} is ${status}`);
  }
});

it(
  'asks for a token, keeps it in no storage and no address, and asks again when it is revoked',
  { skip: noChromium, timeout: 180_000 },
  async () => {
    await using server = await openEngineless({ listen: { port: 0 } });
    await using page = await openPage();
    await page.visit(`${server.http.url}/ui`);
    assert.equal(await page.evaluate('document.activeElement.id'), 'token');
    await signIn(page, 'bulkhead.0000000000000000.wrong');
    await until(page, "document.querySelector('#problem').textContent !== ''");
    assert.match(await page.evaluate("document.querySelector('#problem').textContent"), /not accepted/);
    assert.equal(await page.evaluate(shownView), false);

    const { token, info } = await server.tokens.create({ name: 'page', scope: 'observe' });
    await signIn(page, token);
    await until(page, isLive);
    assert.equal(
      await page.evaluate("document.querySelector('#view').innerText"),
      'Instances\n\nNo plugin runs.',
    );
    const kept = `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state,
    document.documentElement.outerHTML, document.querySelector('#token').value])`;
    assert.ok(!(await page.evaluate<string>(kept)).includes(token.slice(-20)));
    assert.deepEqual(
      await page.evaluate(
        'indexedDB.databases().then((all) => all.length).then(async (count) => [count, (await caches.keys()).length])',
      ),
      [0, 0],
    );
    const asked = "performance.getEntriesByType('resource').map(({ name }) => name).join(' ')";
    assert.ok(!(await page.evaluate<string>(asked)).includes('bulkhead.'));

    await server.tokens.revoke(info.id);
    await until(page, "!document.querySelector('#sign-in').hidden");
    assert.match(await page.evaluate("document.querySelector('#problem').textContent"), /not accepted/);
    assert.equal(await page.evaluate("document.querySelector('#view').childElementCount"), 0);

    const narrow = await server.tokens.create({ name: 'narrow', scope: 'catalog' });
    await signIn(page, narrow.token);
    await until(page, "document.querySelector('[role=alert].unmet') !== null");
    assert.equal(await page.evaluate("document.querySelector('.unmet').textContent"), 'permission denied');
    await page.evaluate("location.hash = '#catalog'");
    await until(page, "document.querySelectorAll('#catalog-result h2').length === 3");
  },
);

it(
  'makes every character visible that the command line makes visible',
  { skip: noChromium, timeout: 180_000 },
  async () => {
    await using server = await openEngineless({ listen: { port: 0 } });
    await using page = await openPage();
    await page.visit(`${server.http.url}/ui`);
    // The two versions of Unicode may differ in what is not assigned yet: both have to escape what either calls a format character.
    const differing = await page.evaluate<number[]>(`import('/ui/text.js').then(({ visible }) => {
    const plain = new Set(${JSON.stringify(escapedPoints())});
    const differing = [];
    for (let point = 0; point < 0x110000; point += 1) {
      const isEscaped = visible(String.fromCodePoint(point)) !== String.fromCodePoint(point);
      if (isEscaped !== plain.has(point)) differing.push(point);
    }
    return differing;
  })`);
    assert.deepEqual(differing, []);
  },
);

/** Code points that are escaped, of which there are some thousands. */
function escapedPoints(): number[] {
  const points: number[] = [];
  for (let point = 0; point < 0x110000; point += 1) {
    const text = String.fromCodePoint(point);
    if (plainText(text) !== text) points.push(point);
  }
  return points;
}

const html =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script></bdi><h1>';
const bidi = '\u202egnp.exe \u2066isolated\u2069 \u200b';
const escapes = '\u001b[2J\u001b]0;owned\u0007\u009b31m';
const stacked = `a${'\u0301'.repeat(300)}`;

it(
  'shows what runs on a real engine, and a hostile plugin as what it is',
  { skip: (serverEngine === undefined && noEngines) || noChromium, timeout: 300_000 },
  (t) =>
    withServer(t, { fixture: 'node-output-attacker', name: 'writer', listen: { port: 0 } }, async (world) => {
      const { server, token, engine } = world;
      const { mount, write, flood } = await mountWriter(world);
      await using page = await openPage();
      await page.emulate({ scheme: 'light' });
      await page.visit(`${server.url}/ui`);
      await signIn(page, token);
      await until(page, isLive);
      const rowText = "document.querySelector('.list tbody tr')?.innerText ?? ''";

      await t.test('shows an instance with its state, live', async () => {
        await until(page, `/secret\\/writer/.test(${rowText}) && /ready/.test(${rowText})`);
        const [instance] = world.host.instances();
        assert.ok(instance?.state.name === 'ready' && instance.state.containerId !== undefined);
        await engine.containers.kill(instance.state.containerId);
        await until(page, "document.querySelector('.list .many')?.textContent === '1'");
        await until(page, `/ready/.test(${rowText})`);
      });

      await t.test('shows texts as texts, whatever a plugin writes', async () => {
        for (const text of [html, bidi, escapes, stacked, '']) await write(text);
        await write(`${html}${bidi}${escapes} the last`);
        const shown = plainText(`${html}${bidi}${escapes} the last`);
        await until(page, `document.querySelector('td.last-output bdi').textContent.endsWith('the last')`);
        assert.equal(await page.evaluate("document.querySelector('td.last-output bdi').textContent"), shown);
        await page.evaluate("document.querySelector('.open').focus()");
        await page.press('Enter');
        await until(
          page,
          "[...document.querySelectorAll('.output bdi')].some(({ textContent }) => textContent.endsWith('the last'))",
        );
        const lines = await page.evaluate<string[]>(
          "[...document.querySelectorAll('.output bdi')].map(({ textContent }) => textContent)",
        );
        for (const text of [html, bidi, escapes, stacked])
          assert.ok(lines.includes(plainText(text)), plainText(text));
        assert.equal(await page.evaluate('document.title'), 'Bulkhead');
        assert.equal(
          await page.evaluate(
            "document.querySelectorAll('.output img, .output script, .output h1, td img, td script').length",
          ),
          0,
        );
        assert.equal(await page.evaluate('document.scripts.length'), 1);
        // What is stacked onto a character stays within its line.
        assert.equal(
          await page.evaluate("getComputedStyle(document.querySelector('.output li')).contain"),
          'paint',
        );
        assert.deepEqual(page.complaints, []);
      });

      await t.test('stays whole and small while a plugin floods it', async () => {
        await flood(24);
        // What comes while the page is behind may be left out, and the page says so.
        const isShown = `[...document.querySelectorAll('.output bdi')].some(({ textContent }) => textContent === 'it is over')`;
        do await write('it is over');
        while (!(await page.evaluate<boolean>(isShown)));
        assert.ok((await page.evaluate<number>("document.querySelectorAll('.output li').length")) <= 500);
        const longest =
          "Math.max(...[...document.querySelectorAll('.output bdi')].map(({ textContent }) => textContent.length))";
        assert.ok((await page.evaluate<number>(longest)) < 4100);
        await page.press('Escape');
        await until(page, "document.querySelector('.panel') === null");
        assert.match(await page.evaluate('document.activeElement.className'), /open/);
      });

      await t.test('runs nothing that somebody puts into it, and is shown in no frame', async () => {
        // What the debugger evaluates may do more than the page. What a timer calls is the page's own.
        const tried = (attempt: string): Promise<string> =>
          page.evaluate(`new Promise((resolve) => setTimeout(() => {
            try { ${attempt}; resolve('done'); } catch (error) { resolve(error.name); }
          }))`);
        for (const attempt of [
          "document.body.innerHTML = '<b>x</b>'",
          "document.body.insertAdjacentHTML('beforeend', '<img src=x>')",
          "document.body.append(Object.assign(document.createElement('script'), { text: 'document.title = 1' }))",
          "document.write('<script>document.title = 1</script>')",
          "eval('1')",
          "new Function('return 1')()",
        ]) {
          assert.match(await tried(attempt), /^(TypeError|EvalError)$/, attempt);
        }
        assert.equal(await page.evaluate('document.title'), 'Bulkhead');
        const elsewhere = "fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.message)";
        assert.match(await page.evaluate(elsewhere), /Failed to fetch/);
        assert.ok(
          page.complaints.some((text) => text.includes("connect-src 'self'")),
          String(page.complaints),
        );
        // A document of the same origin could look into a frame that was shown.
        await page.visit(`${server.url}/v1/sys/health`);
        const framed = await page.evaluate(`new Promise((resolve) => {
          const frame = document.createElement('iframe');
          frame.addEventListener('load', () => resolve(frame.contentDocument?.querySelector('#token') ?? 'nothing'));
          frame.src = '/ui';
          document.body.append(frame);
        })`);
        assert.equal(framed, 'nothing');
        await page.visit(`${server.url}/ui`);
        await signIn(page, token);
        await until(page, isLive);
      });

      await t.test('predicts the matrix, and opens a cell with the keyboard', async () => {
        await page.evaluate("location.hash = '#matrix'");
        await until(page, "document.querySelectorAll('.grid .cell').length >= 12");
        await page.evaluate(`document.querySelector('#image').value = ${JSON.stringify(world.image)};
        document.querySelector('.ask button').click()`);
        await until(
          page,
          `document.querySelector('#matrix-result .meta').textContent.includes(${JSON.stringify(world.image)}) && document.querySelectorAll('.grid .cell').length >= 12`,
        );
        await page.evaluate("document.querySelector('.grid .cell.works').focus()");
        await page.press('Enter');
        await until(page, "document.querySelector('.panel:popover-open') !== null");
        assert.match(
          await page.evaluate("document.querySelector('.panel').innerText"),
          /works[\s\S]*How it is launched/,
        );
        await page.press('Escape');
        await page.evaluate(
          `document.querySelector('#image').value = '<img src=x>'; document.querySelector('.ask button').click()`,
        );
        await until(page, "document.querySelector('#matrix-result .unmet') !== null");
        assert.equal(await page.evaluate("document.querySelectorAll('#matrix-result img').length"), 0);
      });

      await t.test('shows the catalog', async () => {
        await page.evaluate("location.hash = '#catalog'");
        await until(page, "document.querySelectorAll('#catalog-result .list').length >= 2");
        const text = await page.evaluate<string>("document.querySelector('#catalog-result').innerText");
        assert.match(text, /secret\/writer/);
        assert.match(text, /runc/);
        assert.match(text, /Nothing is mounted\./);
      });

      await t.test('can be read in light, in dark, and on a phone', async () => {
        await page.evaluate("location.hash = '#instances'");
        await until(page, `/ready/.test(${rowText})`);
        await page.evaluate("document.querySelector('.open').click()");
        await until(page, "document.querySelectorAll('.output li').length > 0");
        for (const scheme of ['light', 'dark'] as const) {
          await page.emulate({ scheme });
          assert.deepEqual(await page.evaluate(lowContrast), [], scheme);
        }
        await page.emulate({ scheme: 'light', width: 390 });
        assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
        assert.ok(
          (await page.evaluate<number>("document.querySelector('.panel').getBoundingClientRect().width")) <=
            390,
        );
        await page.press('Escape');
      });

      await t.test('forgets an instance that is gone', async () => {
        await mount.close();
        await until(page, "!document.querySelector('.empty').hidden");
      });
    }),
);
