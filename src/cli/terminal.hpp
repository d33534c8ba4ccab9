#pragma once

namespace strandbus::cli {

/// What the three standard descriptors are, and what the environment says about them.
struct Terminal {
  bool input = false;          ///< standard input is a terminal
  bool output = false;         ///< standard output is a terminal
  bool errors = false;         ///< standard error is a terminal
  bool colour = false;         ///< colours are wanted on whichever is one
  bool rewrites_line = false;  ///< understands "\r" and erase-line

  static Terminal detect();
};

/// Columns of the terminal that is shown to; 80 where nobody knows.
int terminal_columns();

}  // namespace strandbus::cli
