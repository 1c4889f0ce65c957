/** The files of a bundle, wherever they are: chosen by a person, or served beside the page. */

import { bytes, sha256Of } from "./sha256";

/** Names are relative to the folder, with `/`. */
export interface Folder {
  /** Every file in it; null where that cannot be known (a store does not list itself to a page). */
  names(): readonly string[] | null;
  /** The whole file; null: it is not there. */
  read(name: string): Promise<Uint8Array | null>;
  /** Its size and SHA-256 (hex); null: it is not there. */
  hash(name: string): Promise<{ size: number; sha256: string } | null>;
  under(folder: string): Folder;
}

/** A folder that somebody chose. */
export class Chosen implements Folder {
  constructor(private readonly files: ReadonlyMap<string, Blob>) {}

  /** `<input type=file webkitdirectory>`: the first part of each path is the chosen folder itself. */
  static from(files: Iterable<File>): Chosen {
    return new Chosen(new Map([...files].map((file) => [file.webkitRelativePath.split("/").slice(1).join("/") || file.name, file])));
  }

  names(): readonly string[] {
    return [...this.files.keys()].sort();
  }

  async read(name: string): Promise<Uint8Array | null> {
    const file = this.files.get(name);
    return file ? bytes(file) : null;
  }

  async hash(name: string): Promise<{ size: number; sha256: string } | null> {
    const file = this.files.get(name);
    return file ? { size: file.size, sha256: await sha256Of(file) } : null;
  }

  under(folder: string): Chosen {
    const prefix = `${folder}/`;
    return new Chosen(new Map([...this.files].filter(([name]) => name.startsWith(prefix)).map(([name, file]) => [name.slice(prefix.length), file])));
  }
}

/** The files that a server has beside the page. */
export class Served implements Folder {
  constructor(private readonly base: string) {}

  names(): null {
    return null;
  }

  async read(name: string): Promise<Uint8Array | null> {
    const found = await this.fetched(name);
    return found && bytes(found);
  }

  async hash(name: string): Promise<{ size: number; sha256: string } | null> {
    const found = await this.fetched(name);
    return found && { size: found.size, sha256: await sha256Of(found) };
  }

  under(folder: string): Served {
    return new Served(`${this.base}${folder.split("/").map(encodeURIComponent).join("/")}/`);
  }

  /** Not there is an answer (stores say 403 to who may not list); anything else that goes wrong is not. */
  private async fetched(name: string): Promise<Blob | null> {
    const answer = await fetch(this.base + name.split("/").map(encodeURIComponent).join("/"), { cache: "no-store", redirect: "error" });
    if (answer.status === 404 || answer.status === 403) return null;
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return answer.blob();
  }
}
