// Writes what is known of user agents and robots as the gateway reads it: browsers.json and robots.json.
//
// The expressions are those of uap-core, crawler-user-agents and isbot; a newer version of a package brings newer ones.
// Nothing is taken that could make free text a name: browsers and systems are the ones the expressions spell out.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { list } from "isbot";
import { parse } from "yaml";

const packaged = (path) => readFileSync(new URL(`node_modules/${path}`, import.meta.url), "utf8");
const out = process.argv[process.argv.indexOf("--out") + 1];

/// Browsers that the released expressions of uap-core do not know yet, or take for the browser they are built on: their
/// name in a user agent, and uap-core's name for them. They stand before its own.
const NEWER = {
  "[Bb]rave": "Brave",
  OPX: "Opera GX",
  OPT: "Opera Touch",
  Vivaldi: "Vivaldi",
  Ladybird: "Ladybird",
  MullvadBrowser: "MullvadBrowser",
  "(?:bd|)[Hh]onor[Bb]rowser": "Honor Browser",
  HuaweiBrowser: "Huawei Browser",
  HeyTapBrowser: "HeyTap Browser",
  VivoBrowser: "VivoBrowser",
  "H[iI]Browser": "HiBrowser",
  SLBrowser: "Smart Lenovo Browser",
  "Avast(?:SecureBrowser|)": "Avast Secure Browser",
  AVG: "AVG",
  Avira: "Avira",
  Norton: "Norton",
  CCleaner: "CCleaner",
  "AlohaBrowser|ABB": "Aloha Browser",
  "Ecosia ios": "Ecosia iOS",
  "Ecosia android": "Ecosia Android",
  Ddg: "DuckDuckGo",
  PHX: "Phoenix Browser",
  Mypal: "Mypal Browser",
  Quark: "Quark",
  Instabridge: "Instabridge",
  OculusBrowser: "Oculus Browser",
  "115Browser": "115 Browser",
  MicroMessenger: "WeChat Browser",
  KAKAOTALK: "KakaoTalk",
  "Telegram-Android": "Telegram",
  Instagram: "Instagram",
  Teams: "Microsoft Teams",
  SberBrowser: "Sber Browser",
  Atom: "Atom Browser",
  Hola: "Hola Browser",
  AOLShield: "AOL Shield Browser",
  ADG: "AOL Desktop Gold Browser",
  JiSu: "JiSu Browser",
  Wolvic: "Wolvic Browser",
  "Lite Browser": "Lite Browser",
  EdgiOS: "Edge Mobile",
  UCMobile: "UC Browser",
  Camoufox: "Camoufox",
  OMI: "Vewd Browser",
  OBS: "OBS Studio",
  CitizenFX: "CitizenFX",
  AdobeCEP: "Adobe CEP",
  Roadrunner: "Roadrunner",
  AncestryAndroid: "AncestryAndroid",
  "Chesscom-Android": "Chesscom-Android",
  "ROBLOX Android App": "Roblox App",
};
/// The same for those that write their version elsewhere, or nowhere.
const NAMED = {
  "[;(/ ]Brave\\)?(?:$| )": "Brave",
  "musical_ly|BytedanceWebview|trill_": "TikTok",
  "\\bWeibo": "Weibo",
  "QIHU 360SE": "360 Secure Browser",
  " Sparrow(?:$| )": "Sparrow Browser",
  " Talon(?:$| )": "Talon Cyber Security Browser",
};

/// The expressions for these, in uap-core's form.
function newer() {
  const versioned = Object.entries(NEWER).map(([sign, family]) => ({
    regex: `(?:^|[^A-Za-z])(${sign})[/@ ]v?(\\d+)(?:\\.(\\d+)|)`,
    family_replacement: family,
  }));
  return [...versioned, ...Object.entries(NAMED).map(([regex, family]) => ({ regex, family_replacement: family }))];
}

/// The alternatives of a group that holds nothing but plain text, such as "Camino|Chimera"; none of any other.
function spelled(group) {
  const plain = group.replace(/\\([ .\-/+!])/g, "$1");
  return /^[\w .\-/+!|%]+$/.test(plain) && !/[.+](?=\?|\*)/.test(plain) ? plain.split("|") : [];
}

/// The text of the first group of an expression, without the brackets.
function firstGroup(regex) {
  for (let at = 0; at < regex.length; at++) {
    if (regex[at] === "\\") at++;
    else if (regex[at] === "(" && regex[at + 1] !== "?") {
      const end = regex.indexOf(")", at);
      return regex.slice(at + 1, end);
    }
  }
  return "";
}

/// Every name these expressions can give, as far as they spell it out.
function vocabulary(parsers, key) {
  const names = new Set();
  for (const parser of parsers) {
    const template = parser[key] ?? "$1";
    if (!template.includes("$")) names.add(template);
    else for (const word of spelled(firstGroup(parser.regex))) names.add(template.replace("$1", word));
  }
  return [...names].filter((name) => !name.includes("$") && name.length <= 48).sort();
}

function browsers() {
  const known = parse(packaged("uap-core/regexes.yaml"));
  const { os_parsers } = known;
  const user_agent_parsers = [...newer(), ...known.user_agent_parsers];
  return {
    user_agent_parsers,
    os_parsers,
    browsers: vocabulary(user_agent_parsers, "family_replacement"),
    systems: vocabulary(os_parsers, "os_replacement"),
  };
}

/// A robot's name, as its expression spells it: "Googlebot\/" is Googlebot.
function robotName(pattern) {
  const name = pattern
    .split("|")[0]
    .replace(/\[\^[^\]]*\]|\\[bds]|\[\\s\\S\]\*/g, " ")
    .replace(/\[(.)[^\]]*\]/g, "$1")
    .replace(/https?:\\?\/\\?\/(www\\?\.)?/g, "")
    .replace(/\\(.)/g, "$1")
    .replace(/[()^$?*]/g, "")
    .replace(/[\s/;:+-]+$/, "")
    .replace(/^[\s/;:+-]+/, "")
    .trim();
  return name === "" ? "Other robot" : name;
}

/// The regex crate's digits, words and word ends are those of every script unless told otherwise; these are ASCII's.
function ascii(pattern) {
  return pattern.replace(/\\\\|\\d|\\w|\\b|\[[^\]]*\]/g, (part) => {
    if (part.startsWith("[")) return part.replace(/\\d/g, "0-9").replace(/\\w/g, "0-9A-Za-z_");
    return { "\\d": "[0-9]", "\\w": "[0-9A-Za-z_]", "\\b": "(?-u:\\b)" }[part] ?? part;
  });
}

/// An expression without what may not stand before and after it; both are lists of plain text.
function around(pattern) {
  const [, before = "", core, after = ""] = /^(?:\(\?<!([^()]*)\))?(.*?)(?:\(\?!(?:\(\?:)?([^()]*)\)?\))?$/.exec(pattern);
  if (/\(\?[<!=]/.test(core)) throw new Error(`an expression of isbot has a form that is not known: ${pattern}`);
  const texts = (list) => (list === "" ? [] : list.split("|").map((text) => text.replace(/\\(.)/g, "$1")));
  return { before: texts(before), core: ascii(core), after: texts(after) };
}

function robots() {
  const crawlers = JSON.parse(packaged("crawler-user-agents/crawler-user-agents.json"));
  return {
    named: crawlers.map(({ pattern }) => [ascii(pattern), robotName(pattern)]),
    signs: list.map(around),
  };
}

writeFileSync(join(out, "browsers.json"), JSON.stringify(browsers()));
writeFileSync(join(out, "robots.json"), JSON.stringify(robots()));
