/** The page of a matrix, in a real browser. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { matrixHtml } from '../../src/cli/matrix/html/page.ts';
import { noChromium, openPage, type Page } from './chromium.ts';
import { lowContrast } from './low-contrast.ts';
import { hostile, hostileReport, reportOf } from './made-matrix.ts';

describe('the page of a matrix', { skip: noChromium, timeout: 180_000 }, () => {
  let page: Page;

  before(async () => {
    page = await openPage();
  });
  after(async () => {
    await page[Symbol.asyncDispose]();
  });

  const openMatrix = async (report = reportOf(undefined, { unmet: [{ mlock: true }] })): Promise<void> => {
    await page.emulate({ scheme: 'light' });
    await page.open(matrixHtml(report));
  };

  it('asks for nothing beside itself, and holds no script', async () => {
    await openMatrix();
    assert.deepEqual(page.complaints, []);
    assert.equal(await page.evaluate('document.scripts.length + document.images.length'), 0);
    const external = "[...document.querySelectorAll('[src],link')].length";
    assert.equal(await page.evaluate(external), 0);
  });

  it('is a table with a head for every line and column, and a button for every cell', async () => {
    await openMatrix();
    assert.equal(await page.evaluate("document.querySelectorAll('td .cell').length"), 6);
    assert.deepEqual(
      await page.evaluate("[...document.querySelectorAll('.grid thead th')].map((th) => th.innerText)"),
      ['Engine', 'Runtime', 'root', 'root, mlock', 'non-root', 'non-root, mlock'],
    );
    const label = "document.querySelectorAll('.cell')[2].getAttribute('aria-label')";
    assert.equal(
      await page.evaluate(label),
      'docker 28.5.2 rootful runc non-root no mlock: works; launch failed, 0.5 s',
    );
    const looks =
      "[...document.querySelectorAll('.cell')].map((cell) => cell.className.replace('cell', '').trim())";
    assert.deepEqual(await page.evaluate(looks), [
      'works',
      'refused',
      'differs',
      'unknown',
      'works',
      'refused',
    ]);
  });

  it('opens a cell with the keyboard, and goes back to it on Escape', async () => {
    await openMatrix();
    // Into the choice of what to show, then to the first cell, then to the second.
    for (let presses = 0; presses < 3; presses += 1) await page.press('Tab');
    assert.equal(await page.evaluate("document.activeElement.getAttribute('popovertarget')"), 'cell-2');
    await page.press('Enter');
    const open = "document.querySelector('.panel:popover-open')?.innerText ?? ''";
    const text = await page.evaluate<string>(open);
    assert.match(text, /docker rootful runc root mlock/);
    assert.match(text, /Predicted\s+✕ refused\s+Real\s+✕ fails/);
    assert.match(
      text,
      /what was seen of mlock-limit \(\/proc\/1\/limits\)[\s\S]*Do what helps against mlock-limit\./,
    );
    assert.match(text, /PLUGIN_EXITED it ended\s+mlockall: ENOMEM\s+Raise the limit\./);
    assert.match(text, /a Podman service of our own[\s\S]*IPC_LOCK[\s\S]*memlock=unlimited:unlimited/);
    assert.equal(await page.evaluate('document.activeElement.ariaLabel'), 'Close');
    await page.press('Escape');
    assert.equal(await page.evaluate(open), '');
    assert.equal(await page.evaluate("document.activeElement.getAttribute('popovertarget')"), 'cell-2');
  });

  it('dims the others when only some are wanted, with the keyboard', async () => {
    await openMatrix();
    await page.press('Tab');
    await page.press('ArrowRight');
    await page.press('ArrowRight');
    assert.equal(await page.evaluate('document.activeElement.id'), 'show-refused');
    const shown = `Promise.all(document.getAnimations().map((each) => each.finished)).then(() =>
      [...document.querySelectorAll('.cell')].filter((cell) => getComputedStyle(cell).opacity === '1').map((cell) => cell.className))`;
    assert.deepEqual(await page.evaluate(shown), ['cell refused', 'cell refused']);
  });

  it('has each reason once below the grid, with its cells', async () => {
    await openMatrix();
    const findings = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.finding')].map((each) => each.innerText.replace(/\\s+/g, ' '))",
    );
    assert.equal(findings.length, 4);
    assert.match(
      findings[0] ?? '',
      /^1 What mlock-limit asks for\. Seen .* and 1 more alike.* To do .* 2 cells/,
    );
    assert.match(findings[3] ?? '', /Advice/);
  });

  for (const [name, media] of [
    ['in light', { scheme: 'light' }],
    ['in dark', { scheme: 'dark' }],
    ['on paper, for a reader who likes it dark', { scheme: 'dark', print: true }],
  ] as const) {
    it(`can be read ${name}: every text has a contrast of 4.5 to 1`, async () => {
      await openMatrix();
      await page.emulate(media);
      await page.evaluate("document.querySelector('#cell-3').showPopover()");
      const faint = await page.evaluate<string[]>(lowContrast);
      assert.deepEqual(faint, []);
    });
  }

  it('prints what a reader of paper needs: grid, reasons, cells, and what went otherwise', async () => {
    await openMatrix();
    await page.emulate({ scheme: 'dark', print: true });
    const visible = (selector: string) =>
      page.evaluate<number>(
        `[...document.querySelectorAll('${selector}')].filter((each) => each.checkVisibility()).length`,
      );
    assert.equal(await visible('.show'), 0);
    assert.equal(await visible('.cell'), 6);
    assert.equal(await visible('.finding'), 4);
    assert.equal(await visible('.finding li'), 5);
    assert.equal(await visible('.panel'), 1);
    assert.equal(
      await page.evaluate('getComputedStyle(document.body).backgroundColor'),
      'rgb(255, 255, 255)',
    );
    const file = await page.print();
    assert.match(file.toString('latin1'), /^%PDF/);
  });

  it('fits a phone: only the grid scrolls sideways', async () => {
    await openMatrix();
    await page.emulate({ scheme: 'light', width: 390 });
    assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
    await page.evaluate("document.querySelector('.cell').click()");
    const panel = "document.querySelector('.panel:popover-open').getBoundingClientRect()";
    assert.ok((await page.evaluate<number>(`${panel}.width`)) <= 390);
  });

  it('shows texts as texts, whatever they are', async () => {
    await openMatrix(hostileReport());
    assert.deepEqual(page.complaints, []);
    assert.equal(await page.evaluate('document.scripts.length + document.images.length'), 0);
    const shown = hostile
      .replaceAll('\u0007', '\\u0007')
      .replaceAll('\u001b', '\\u001b')
      .replaceAll('\ud800', '\\ud800');
    assert.equal(await page.evaluate("document.querySelector('h1').innerText"), `Compatibility of ${shown}`);
    assert.equal(await page.evaluate("document.querySelector('.finding h3').innerText"), shown);
  });
});
