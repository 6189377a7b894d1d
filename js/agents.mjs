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
  const { user_agent_parsers, os_parsers } = known;
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
