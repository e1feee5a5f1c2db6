/** The card's style sheet: readable on paper and in the dark. Colours only repeat what is written. */
export const STYLE = `
:root{--ink:#1b1f24;--soft:#5b6570;--line:#d7dce1;--paper:#fff;--pass:#1a7f4b;--fail:#c0392b;--set:#2f6fdb;--actual:#8a63d2;--estimate:#1b1f24;--band:#2f6fdb22}
@media(prefers-color-scheme:dark){:root{--ink:#e8ebee;--soft:#9aa5b1;--line:#39424c;--paper:#14181d;--pass:#4cc38a;--fail:#ff7b6b;--set:#79a8ff;--actual:#bd9cff;--estimate:#e8ebee;--band:#79a8ff33}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:760px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .3em}h1.good{color:var(--pass)}h1.turned,h1.alarm{color:var(--fail)}
h2{font-size:1.1rem;margin:1.8em 0 .3em}small,footer,th,.tick,.time{color:var(--soft);font-weight:normal}
.lead{font-size:1.05rem}.ladder span{margin-right:1em;white-space:nowrap}.ladder .current{font-weight:bold}.ladder .next,.ladder .skipped{color:var(--soft)}.ladder .stopped{color:var(--fail);font-weight:bold}
table{border-collapse:collapse;margin:.6em 0}th{text-align:left;padding:1px 1.2em 1px 0}td{padding:1px 1.2em 1px 0}.counts td,.counts tr:first-child th{text-align:right;font-variant-numeric:tabular-nums}
.verdict{font-size:.85rem;padding:1px 8px;border:1px solid currentColor;border-radius:10px}.verdict.pass{color:var(--pass)}.verdict.fail,.verdict.error{color:var(--fail)}
figure{margin:1em 0}figcaption{font-size:.9rem;color:var(--soft)}.legend span{margin-left:1em}.legend span:before{content:"";display:inline-block;width:16px;border-top:2px solid currentColor;margin-right:5px;vertical-align:middle}
.pass{color:var(--pass)}.fail{color:var(--fail)}.set{color:var(--set)}.actual{color:var(--actual)}.estimate{color:var(--estimate)}
svg{width:100%;height:auto;display:block}.grid{stroke:var(--line);stroke-width:1}.mark{stroke:var(--soft);stroke-dasharray:4 3}.line{fill:none;stroke:currentColor;stroke-width:1.8}.band{fill:var(--band)}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}.tick,.marked{text-anchor:end}.time{text-anchor:middle}.time.first{text-anchor:start}.time.last{text-anchor:end}
.log{list-style:none;padding:0}.log time{color:var(--soft);font-variant-numeric:tabular-nums;margin-right:.6em}
footer{margin-top:3em;font-size:.8rem;overflow-wrap:anywhere}@media print{main{max-width:none}}
`;
