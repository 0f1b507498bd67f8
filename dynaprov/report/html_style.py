"""How the HTML report looks: colours with their contrast, and one style sheet.

Phones first (375 px), then wide screens, then paper (A4).  Colours are named by what they mean; a
test computes the contrast of every pair in ``READ_ON`` (at least 4.5 to 1, WCAG 2.2 AA).
"""

from __future__ import annotations

import base64
import hashlib

LIGHT = {
    "page": "#f3f4f6",
    "card": "#ffffff",
    "sunken": "#eceef1",
    "line": "#d3d7de",
    "text": "#1a1e24",
    "faint": "#535c68",
    "critical": "#b00020",
    "high": "#b23c00",
    "medium": "#7d5700",
    "low": "#4d5866",
    "unread": "#6333b0",
    "calm": "#4d5866",
    "good": "#16713a",
    "link": "#0b57b0",
    "on-critical": "#ffffff",
    "on-high": "#ffffff",
    "on-medium": "#ffffff",
    "on-low": "#ffffff",
    "on-unread": "#ffffff",
    "on-calm": "#ffffff",
    "on-good": "#ffffff",
}
DARK = {
    "page": "#0e1116",
    "card": "#181c23",
    "sunken": "#232933",
    "line": "#3a424e",
    "text": "#e8ebef",
    "faint": "#a7b0bc",
    "critical": "#ff8390",
    "high": "#ffa061",
    "medium": "#e8c15a",
    "low": "#aab4c0",
    "unread": "#c6a6ff",
    "calm": "#aab4c0",
    "good": "#6ad08c",
    "link": "#84bbff",
    "on-critical": "#2b0006",
    "on-high": "#2b1000",
    "on-medium": "#241900",
    "on-low": "#14181e",
    "on-unread": "#1d0b3d",
    "on-calm": "#14181e",
    "on-good": "#03210f",
}

#: Text colours, and the backgrounds that they are read on.
READ_ON = (
    *((name, ground) for name in ("text", "faint") for ground in ("page", "card", "sunken")),
    *((name, "card") for name in ("critical", "high", "medium", "low", "unread", "calm", "good")),
    *((name, "page") for name in ("critical", "unread", "good", "link")),
    ("link", "card"),
    *((f"on-{name}", name) for name in ("critical", "high", "medium", "low", "unread", "good")),
    ("on-calm", "calm"),
)

_SHEET = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1rem 1rem 3rem}
h1,h2,h3,h4{line-height:1.25;margin:0;text-wrap:balance}
h1{font-size:1.7rem;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:2.25rem 0 .75rem}
h3{font-size:1.1rem;margin:1.75rem 0 .6rem}
h4{font-size:1rem}
p,ul,dl,table,pre{margin:.5rem 0}
a{color:var(--link)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;
font-size:.92em;overflow-wrap:anywhere}
pre{background:var(--sunken);border-radius:.4rem;padding:.7rem .8rem;white-space:pre-wrap}
.verdict{background:var(--card);border:1px solid var(--line);border-left:.5rem solid var(--tone);
border-radius:.6rem;padding:1.1rem 1.2rem}
.verdict h1 span,.verdict h2 span{color:var(--tone)}
.verdict h2{margin:0}
.where{color:var(--faint);margin:0 0 .3rem;font-size:.95rem}
.lead{font-size:1.1rem;margin:.4rem 0 0}
.facts{display:grid;gap:.1rem 1.25rem;margin:.9rem 0 0;font-size:.92rem}
.facts div{display:flex;gap:.5rem;align-items:baseline}
.facts dt{color:var(--faint);flex:none;min-width:5.2rem}
.facts dd{margin:0;min-width:0;overflow-wrap:anywhere}
.counts{list-style:none;padding:0;margin:1rem 0 0;display:grid;gap:.5rem;
grid-template-columns:repeat(auto-fit,minmax(4.7rem,1fr))}
.counts li{background:var(--card);border:1px solid var(--line);border-top:.25rem solid var(--tone);
border-radius:.5rem;padding:.45rem .5rem;color:var(--faint);font-size:.82rem}
.counts b{display:block;font-size:1.5rem;line-height:1.2;color:var(--tone)}
.counts .none b{color:var(--faint)}
.counts .none{border-top-color:var(--line)}
.do{background:var(--card);border:1px solid var(--line);border-radius:.6rem;
padding:.2rem 1.2rem .6rem;margin-top:1rem}
.do h2,.do h3{font-size:1.05rem;margin:.8rem 0 .2rem}
.finding{background:var(--card);border:1px solid var(--line);border-left:.35rem solid var(--tone);
border-radius:.5rem;padding:.75rem .95rem;margin:.65rem 0}
.finding header{display:flex;flex-wrap:wrap;gap:.35rem .6rem;align-items:center}
.finding h3,.finding h4{margin:0;font-size:1.02rem;min-width:0}
.badge{background:var(--tone);color:var(--on);border-radius:.3rem;padding:.08rem .5rem;
font-size:.82rem;font-weight:650;white-space:nowrap}
.phase{color:var(--faint);border:1px solid var(--line);border-radius:.3rem;padding:.02rem .45rem;
font-size:.82rem;white-space:nowrap}
.what{margin:.35rem 0 0}
.sides{display:grid;
grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.4rem;margin:.6rem 0 0}
.sides div{background:var(--sunken);border-radius:.35rem;padding:.4rem .7rem;min-width:0}
.sides dt{font-size:.82rem;color:var(--faint)}
.sides dd{margin:0;font-weight:600}
.known{margin:.55rem 0 0;font-size:.92rem}
.known div{display:flex;gap:.6rem;margin:.15rem 0}
.known dt{color:var(--faint);flex:none;width:4.6rem}
.known dd{margin:0;min-width:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:.5rem;
margin:.5rem 0}
table{border-collapse:collapse;width:100%;margin:0;font-size:.95rem}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:left;vertical-align:top;padding:.45rem .8rem;border-top:1px solid var(--line)}
thead th{border-top:0;color:var(--faint);font-weight:600;font-size:.85rem;white-space:nowrap}
tbody th{font-weight:600}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
.whole{white-space:nowrap}
.names{columns:2 14rem;padding-left:1.2rem}
.hint{color:var(--faint);margin:.2rem 0 .5rem}
footer{margin-top:3rem;padding-top:.8rem;border-top:1px solid var(--line);color:var(--faint);
font-size:.85rem;overflow-wrap:anywhere}
.environment{margin-top:3rem}
@media (max-width:34rem){
.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stack tr,.stack th{display:block;border:0}
.stack th,.stack td{border:0;padding:.05rem .8rem}
.stack td{display:inline-block}
.stack tbody tr{border-top:1px solid var(--line);padding:.55rem 0}
.stack tbody tr:first-child{border-top:0}
.stack td::before{content:attr(data-label) ": ";color:var(--faint)}
.stack td:empty{display:none}
.stack td.number{text-align:left}
}
@media (min-width:40rem){
main{padding:2rem 1.5rem 4rem}
h1{font-size:2.1rem}
.facts{grid-template-columns:1fr 1fr}
}
@media print{
@page{size:A4;margin:14mm}
html{font-size:8.5pt}
body{background:#fff}
main{max-width:none;padding:0}
h2,h3,h4,thead,.hint{break-after:avoid}
.facts,.sides{grid-template-columns:1fr 1fr}
.counts{grid-template-columns:repeat(7,1fr)}
.finding,.verdict,.do,.scroll,tr,li{break-inside:avoid}
.scroll{overflow:visible}
.verdict,.finding,.counts li,.badge{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.badge{background:none;color:var(--tone);border:1px solid var(--tone)}
.sides div,pre{background:none;border:1px solid var(--line)}
.environment{break-before:page}
a{color:inherit;text-decoration:none}
}
"""

_TONES = ("critical", "high", "medium", "low", "unread", "calm", "good")


def _variables(colours: dict[str, str]) -> str:
    return ":root{" + ";".join(f"--{name}:{value}" for name, value in colours.items()) + "}"


def style_sheet() -> str:
    """The whole style sheet; on paper it is always the light one."""
    tones = "".join(f".{each}{{--tone:var(--{each});--on:var(--on-{each})}}\n" for each in _TONES)
    return (
        f":root{{color-scheme:light dark}}\n{_variables(LIGHT)}\n"
        f"@media (prefers-color-scheme:dark){{{_variables(DARK)}}}\n"
        f"@media print{{{_variables(LIGHT)}}}\n{tones}{_SHEET}"
    )


def policy(css: str) -> str:
    """The Content-Security-Policy: nothing is loaded or run, and only this style sheet counts."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
