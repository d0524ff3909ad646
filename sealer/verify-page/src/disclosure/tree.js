// One salted leaf for each record of the archive, and the root over them (FORMAT.md, 10.1; RFC 9162, 2.1.1).
import { createHMAC, createSHA256 } from "hash-wasm";
import { concat, fromHex, hex, utf8 } from "../base/bytes.js";

const SECRET_FORM = /^[0-9a-f]{64}\n$/;

/** The 32 octets of the secret, or `null` when its file is not in its one form. */
export const secretOf = (text) => (text !== null && SECRET_FORM.test(text) ? fromHex(text.slice(0, 64)) : null);

/** The salts a secret gives: `at(i)` for record `i`, counted from 0. */
export class Salts {
  #hmac;

  static async of(secret) {
    const salts = new Salts();
    salts.#hmac = await createHMAC(createSHA256(), secret);
    return salts;
  }

  at(index) {
    const number = new DataView(new ArrayBuffer(8));
    number.setBigUint64(0, BigInt(index));
    this.#hmac.init();
    this.#hmac.update(concat([utf8("record"), new Uint8Array(number.buffer)]));
    return this.#hmac.digest("binary");
  }
}

/** The tree as its leaves come, in memory that grows with the logarithm of their number. */
export class Tree {
  #hash;
  /** Roots of whole subtrees with the number of their leaves, the largest first. */
  #whole = [];
  #count = 0;

  static async empty() {
    const tree = new Tree();
    tree.#hash = await createSHA256();
    return tree;
  }

  get count() {
    return this.#count;
  }

  #sha256(...parts) {
    this.#hash.init();
    for (const part of parts) this.#hash.update(part);
    return this.#hash.digest("binary");
  }

  /** What stands for the octets of a record: `salt` as octets, `member` the SHA-256 of its gzip member, hexadecimal. */
  blind(salt, member) {
    return this.#sha256(Uint8Array.of(2), salt, fromHex(member));
  }

  /** Adds the leaf of a record of type `type`, for whose octets `blind` stands. */
  push(type, blind) {
    let [node, leaves] = [this.#sha256(Uint8Array.of(0), blind, utf8(type)), 1];
    while (this.#whole.at(-1)?.leaves === leaves) {
      node = this.#sha256(Uint8Array.of(1), this.#whole.pop().node, node);
      leaves *= 2;
    }
    this.#whole.push({ node, leaves });
    this.#count += 1;
  }

  /** The root, hexadecimal. */
  root() {
    if (this.#whole.length === 0) return hex(this.#sha256(new Uint8Array(0)));
    return hex(this.#whole.map(({ node }) => node).reduceRight((right, left) => this.#sha256(Uint8Array.of(1), left, right)));
  }
}

/** The leaves of an archive whose secret is there, shown every record as it ends. */
export class ArchiveLeaves {
  static async of(secret) {
    const leaves = new ArchiveLeaves();
    [leaves.salts, leaves.tree] = await Promise.all([Salts.of(secret), Tree.empty()]);
    return leaves;
  }

  push(type, member) {
    const { salts, tree } = this;
    tree.push(type, tree.blind(salts.at(tree.count), member));
  }

  /** As `constat.json` writes them. */
  value() {
    return disclosureOf(this.tree);
  }
}

/** The count and the root of a tree as `constat.json` writes them; `beyond` counts records that no leaf stands for. */
export const disclosureOf = (tree, beyond = 0) => new Map([["records", tree.count + beyond], ["root", tree.root()]]);
