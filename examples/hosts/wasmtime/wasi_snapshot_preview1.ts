// Of WASI, what writes to standard output.

export declare function fd_write(fd: i32, vectors: usize, count: i32, written: usize): i32;
