#include "cli/line_editor.hpp"

#include "cli/console.hpp"
#include "file_descriptor.hpp"
#include "strandbus/event/json_codec.hpp"

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <fcntl.h>
#include <histedit.h>
#include <string_view>
#include <termios.h>
#include <unistd.h>
#include <utility>

namespace strandbus::cli {
namespace {

constexpr int max_history = 1000;
// xterm's bracketed paste: a terminal that knows it marks what is pasted.
constexpr std::string_view paste_marks_on = "\x1b[?2004h";
constexpr std::string_view paste_marks_off = "\x1b[?2004l";
constexpr std::wstring_view paste_end = L"\x1b[201~";
// Between two \x01 stands what takes no column.
constexpr char prompt_text[] = "\x01\x1b[1m\x01› \x01\x1b[0m\x01";
constexpr char hidden_mark = '\x01';

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// A file that only its owner may read; null if there can be none.
File create_private(const std::string& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
  detail::FileDescriptor file(path.empty() ? -1 : ::open(path.c_str(), flags, 0600));
  std::FILE* const stream = file ? ::fdopen(file.get(), "w") : nullptr;
  if (stream) static_cast<void>(file.release());
  return {stream, &std::fclose};
}

/// While it lives, Ctrl-C, Ctrl-\ and Ctrl-Z are keys like others, and the terminal marks what is
/// pasted.
class TypingMode {
 public:
  TypingMode() {
    if (::tcgetattr(STDIN_FILENO, &usual_) != 0) return;
    take_keys();
    write_all(STDOUT_FILENO, paste_marks_on);
    current_ = this;
  }
  TypingMode(const TypingMode&) = delete;
  TypingMode& operator=(const TypingMode&) = delete;
  ~TypingMode() { end_now(); }

  /// libedit sets some keys again when it prepares the terminal.
  static void take_keys() noexcept {
    termios now{};
    if (::tcgetattr(STDIN_FILENO, &now) != 0) return;
    for (const int key : {VINTR, VQUIT, VSUSP}) now.c_cc[key] = _POSIX_VDISABLE;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
  }

  /// Gives the terminal back as it was.
  static void end_now() noexcept {
    const TypingMode* const mode = std::exchange(current_, nullptr);
    if (!mode) return;
    write_all(STDOUT_FILENO, paste_marks_off);
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &mode->usual_);
  }

 private:
  termios usual_{};
  static inline const TypingMode* current_ = nullptr;
};

}  // namespace

/// libedit, and the keys that it does not have by itself.
class LineEditor::Impl {
 public:
  Impl(std::string history_file, Wait wait)
      : history_file_(std::move(history_file)),
        wait_(std::move(wait)),
        history_(::history_init(), &::history_end),
        editor_(init_editor(), &::el_end) {
    set_up_history();
    set_up_keys();
  }

  std::optional<std::string> read() {
    for (;;) {
      auto line = read_line();
      if (!line) {
        write_all(STDOUT_FILENO, "\n");
        return std::nullopt;
      }
      if (interrupted_ || is_blank(*line)) continue;
      remember(*line);
      line->erase(line->find_last_not_of("\r\n") + 1);
      return repair_utf8(*line);
    }
  }

 private:
  static ::EditLine* init_editor() {
    std::setlocale(LC_CTYPE, "C.UTF-8");  // libedit's idea of a character
    return ::el_init("strandbus", stdin, stdout, stderr);
  }

  std::optional<std::string> read_line() {
    const TypingMode mode;
    interrupted_ = false;
    int size = 0;
    ::el_set(editor_.get(), EL_PREP_TERM, 1);  // before the prompt invites to type
    TypingMode::take_keys();
    const char* const line = ::el_gets(editor_.get(), &size);
    if (!line || size <= 0) return std::nullopt;
    return std::string(line, static_cast<std::size_t>(size));
  }

  static Impl& self(::EditLine* editor) {
    void* data = nullptr;
    ::el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<Impl*>(data);
  }

  void set_up_history() {
    ::history(history_.get(), &history_event_, H_SETSIZE, max_history);
    ::history(history_.get(), &history_event_, H_SETUNIQUE, 1);
    ::el_set(editor_.get(), EL_HIST, &::history, history_.get());
    if (!history_file_.empty())
      ::history(history_.get(), &history_event_, H_LOAD, history_file_.c_str());
  }

  void set_up_keys() {
    ::EditLine* const editor = editor_.get();
    ::el_set(editor, EL_CLIENTDATA, this);
    ::el_set(editor, EL_PROMPT_ESC, &prompt, hidden_mark);
    ::el_set(editor, EL_GETCFN, &next_key);
    ::el_set(editor, EL_EDITOR, "emacs");
    // The wide form: el_set would copy the names and never free them.
    ::el_wset(editor, EL_ADDFN, L"strandbus-interrupt", L"drop the line", &on_interrupt);
    ::el_wset(editor, EL_ADDFN, L"strandbus-line", L"go on in a new line", &on_new_line);
    ::el_wset(editor, EL_ADDFN, L"strandbus-paste", L"take what is pasted", &on_paste);
    bind("^C", "strandbus-interrupt");
    bind("\\e^M", "strandbus-line");
    bind("\\e^J", "strandbus-line");
    bind("\\e[200~", "strandbus-paste");
    bind("^R", "em-inc-search-prev");
    bind("^W", "ed-delete-prev-word");
    bind("\\e[1;5C", "em-next-word");
    bind("\\e[1;5D", "ed-prev-word");
    bind("\\e[3~", "ed-delete-next-char");
    bind("\\e[H", "ed-move-to-beg");
    bind("\\e[F", "ed-move-to-end");
  }

  void bind(const char* key, const char* action) {
    ::el_set(editor_.get(), EL_BIND, key, action, nullptr);
  }

  void remember(const std::string& line) {
    ::history(history_.get(), &history_event_, H_ENTER, line.c_str());
    if (const File file = create_private(history_file_))
      ::history(history_.get(), &history_event_, H_SAVE_FP, file.get());
  }

  static char* prompt(::EditLine*) {
    static char text[sizeof prompt_text];
    std::copy(std::begin(prompt_text), std::end(prompt_text), text);
    return text;
  }

  /// One character of standard input; 1, 0 at its end.
  static int next_key(::EditLine* editor, wchar_t* key) {
    Impl& me = self(editor);
    std::string bytes;
    for (;;) {
      const auto byte = me.next_byte();
      if (!byte) return 0;
      bytes += *byte;
      std::mbstate_t state{};
      const std::size_t length = std::mbrtowc(key, bytes.data(), bytes.size(), &state);
      if (length == static_cast<std::size_t>(-2)) continue;  // more of it must follow
      if (length == static_cast<std::size_t>(-1)) {
        *key = L'\xFFFD';
        if (bytes.size() > 1) me.held_ = bytes.back();  // it may begin something of its own
      }
      return 1;
    }
  }

  std::optional<char> next_byte() {
    if (held_) return std::exchange(held_, std::nullopt);
    for (;;) {
      if (!wait_()) return std::nullopt;
      char byte = 0;
      const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (count <= 0) return std::nullopt;
      return byte;
    }
  }

  static unsigned char on_interrupt(::EditLine* editor, int) {
    self(editor).interrupted_ = true;
    ::el_push(editor, "\r");
    return CC_NORM;
  }

  static unsigned char on_new_line(::EditLine* editor, int) {
    ::el_insertstr(editor, "\n");
    return CC_REFRESH;
  }

  static unsigned char on_paste(::EditLine* editor, int) {
    std::wstring text;
    wchar_t key = 0;
    while (!text.ends_with(paste_end)) {
      if (::el_wgetc(editor, &key) != 1) return CC_EOF;
      text += key;
    }
    text.resize(text.size() - paste_end.size());
    std::ranges::replace(text, L'\r', L'\n');
    // What else steers a terminal is no text.
    std::erase_if(text,
                  [](wchar_t c) { return (c < L' ' && c != L'\n' && c != L'\t') || c == 127; });
    ::el_winsertstr(editor, text.c_str());
    return CC_REFRESH;
  }

  const std::string history_file_;
  const Wait wait_;
  ::HistEvent history_event_{};
  std::unique_ptr<::History, void (*)(::History*)> history_;
  std::unique_ptr<::EditLine, void (*)(::EditLine*)> editor_;
  std::optional<char> held_;  ///< read already, behind what was no character
  bool interrupted_ = false;
};

void restore_terminal() noexcept { TypingMode::end_now(); }

LineEditor::LineEditor(const std::string& history_file, Wait wait)
    : impl_(std::make_unique<Impl>(history_file, std::move(wait))) {}

LineEditor::~LineEditor() = default;

std::optional<std::string> LineEditor::read() { return impl_->read(); }

}  // namespace strandbus::cli
