import { pageStyle } from '../../page-style.ts';

/** The style sheet: that of the matrix's page, and what only this page has. */
export const uiStyle = `${pageStyle}

[hidden] { display: none !important; }
.bar { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; align-items: center; gap: 0.3rem 1.4rem; padding: 0.6rem 1.4rem;
  border-bottom: 1px solid var(--line); background: var(--card); }
.brand { display: inline-flex; align-items: center; gap: 0.5rem; font-weight: 650; letter-spacing: -0.01em; }
.bar nav { display: flex; gap: 0.2rem; }
.bar nav a { padding: 0.25rem 0.8rem; border-radius: 2rem; color: var(--soft); text-decoration: none; }
.bar nav a:hover { color: var(--ink); }
.bar nav a[aria-current] { background: var(--ink); color: var(--page); }
.link { --dot: var(--line); margin-left: auto; color: var(--soft); font-size: 0.9rem; overflow-wrap: anywhere; }
.link[data-state]:not([data-state=""])::before { content: ""; display: inline-block; width: 0.55em; height: 0.55em; margin-right: 0.45em; border-radius: 50%; background: var(--dot); }
.link[data-state="live"] { --dot: var(--works); }
.link[data-state="lost"] { --dot: var(--refused); color: var(--refused); }
button, input { font: inherit; color: inherit; }
button.quiet, .ask button, .sign-in button { padding: 0.28rem 0.95rem; border: 1px solid var(--line); border-radius: 2rem; background: var(--card); cursor: pointer; }
.ask button, .sign-in button { background: var(--ink); border-color: var(--ink); color: var(--page); }
button[disabled] { opacity: 0.55; cursor: default; }
input { padding: 0.35rem 0.7rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--card); }

.sign-in { display: grid; gap: 0.7rem; width: min(24rem, calc(100vw - 2rem)); margin: 16vh auto 0; padding: 1.8rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card); }
.sign-in .brand { font-size: 1.35rem; margin-bottom: 0.5rem; }
.sign-in label { color: var(--soft); }
.sign-in p { font-size: 0.88rem; }
.problem { color: var(--refused); } .problem:empty { display: none; }

main h1 { margin-bottom: 0.2rem; }
main .meta { min-height: 1.5em; }
.title { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; }
.empty { margin-top: 1.2rem; padding: 1.4rem; border: 1px dashed var(--line); border-radius: 0.8rem; color: var(--soft); text-align: center; }
main > div > .scroll, #catalog-result .scroll { margin-top: 1.1rem; }
bdi { overflow-wrap: anywhere; }
.lines { white-space: pre-wrap; } .todo { font-weight: 500; }
.id { font: 0.86em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }

table.list { width: 100%; border-collapse: separate; border-spacing: 0; }
.list th, .list td { padding: 0.6rem 0.9rem; text-align: left; vertical-align: middle; }
.list thead th { color: var(--soft); font-size: 0.87rem; font-weight: 600; white-space: nowrap; }
.list tbody tr > * { border-top: 1px solid var(--line); }
.list tbody th { min-width: 9rem; font-weight: 400; }
.list td { font-variant-numeric: tabular-nums; }
.list td .badge { margin-left: 0.5rem; font-size: 0.8rem; } .list td.state { white-space: nowrap; }
.list td.state .badge { margin: 0 0.6rem 0 0; font-size: inherit; }
.list .many { font-weight: 650; color: var(--unknown); }
.open { padding: 0; border: 0; background: none; text-align: left; cursor: pointer; }
.open .name { font-weight: 600; } .open:hover .name { text-decoration: underline; text-underline-offset: 0.2em; }
.list th.last-output { width: 40%; }
td.last-output { max-width: 0; width: 40%; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; contain: paint; font: 0.84em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
td.last-output time { display: inline-block; min-width: 3.4em; margin-right: 0.8em; }
td.last-output[data-level="error"] bdi { color: var(--refused); } td.last-output[data-level="warn"] bdi { color: var(--unknown); }

.ask { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.7rem; margin: 0.9rem 0 0.4rem; }
.ask label { color: var(--soft); } .ask input { flex: 1 1 16rem; max-width: 30rem; }
.ask .soft { flex-basis: 100%; font-size: 0.88rem; }

.panel { width: min(46rem, 100vw); }
.panel h3 { margin: 1.4rem 0 0.5rem; font-size: 0.95rem; }
.panel .note { min-height: 1.5em; font-size: 0.88rem; }
.panel .facts dl { grid-template-columns: 7rem 1fr; font-size: 0.92rem; }
.panel p .badge { margin-top: 0.8rem; }
.output { height: min(28rem, 55dvh); margin: 0; padding: 0.5rem 0; overflow: auto; border: 1px solid var(--line); border-radius: 0.6rem; background: var(--page); list-style: none;
  font: 0.82rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.output:empty::before { content: "Nothing was written yet."; display: block; padding: 0 0.8rem; color: var(--soft); }
.output li { display: grid; grid-template-columns: 4.9em 3.8em 1fr; gap: 0.6em; padding: 0 0.8rem; contain: paint; }
.output li > time, .output li > .mark { color: var(--soft); white-space: nowrap; overflow: hidden; }
.output li > bdi { min-width: 0; white-space: pre-wrap; }
.output li.error > bdi, .output li.error > .mark { color: var(--refused); }
.output li.warn > bdi, .output li.warn > .mark { color: var(--unknown); }
.output li.debug > bdi, .output li.trace > bdi { color: var(--soft); }
.output li.left-out { display: block; color: var(--unknown); font-style: italic; }

@media (max-width: 40rem) {
  .bar { gap: 0.3rem 0.5rem; padding: 0.6rem 0.9rem; } .bar nav a { padding: 0.25rem 0.55rem; }
  .link { flex: 1; margin-left: 0; } .bar .quiet { margin-left: auto; }
  .list th.mounts, .list tr > td:nth-child(4), .list th.calls, .list tr > td:nth-child(5) { display: none; }
  #catalog-result .list tr > td { display: table-cell; }
  .output li { grid-template-columns: auto 1fr; } .output li > bdi { grid-column: 1 / -1; }
}
`;
