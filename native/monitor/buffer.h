#pragma once

/** What is read is used or copied before the next read, and there is one thread: one will do. */
inline char scratch[64 << 10];
