#include "agent/hostile_paths.hpp"

#include "agent/workspace_fixture.hpp"

#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace strandbus::test {
namespace {

using Paths = std::vector<std::string>;

/// What a path out of the root may go on with.
const Paths& targets() {
  static const Paths paths{
      "outside/canary.txt", "outside/dir/inner.txt",   "outside", "outside/dir", "outside/new.txt",
      "etc/passwd",         "ws/../outside/canary.txt"};
  return paths;
}

/// Links whose names say where they lead.
const std::vector<std::pair<std::string, std::string>>& relative_links() {
  static const std::vector<std::pair<std::string, std::string>> links{
      {"out_file", "../outside/canary.txt"},
      {"out_dir", "../outside"},
      {"out_dot", "./../outside/."},
      {"out_slash", "../outside/"},
      {"up", ".."},
      {"upup", "../.."},
      {"up_many", "../../../../../../../../../../../.."},
      {"self", "."},
      {"dir/up", ".."},
      {"dir/upup", "../.."},
      {"dir/out", "../../outside"},
      {"dir/deep/out", "../../../outside/dir"},
      {"chain1", "chain2"},
      {"chain2", "dir/chain3"},
      {"dir/chain3", "../out_dir"},
      {"hop", "dir/up/.."},
      {"through_self", "self/self/../outside"},
      {"loop1", "loop2"},
      {"loop2", "loop1"},
      {"eats_itself", "eats_itself/x"},
      {"dangling_out", "../outside/not_there"},
      {"tilde", "~/canary.txt"},
  };
  return links;
}

Paths dot_segments() {
  Paths paths;
  for (const std::string prefix :
       {"", "./", "dir/", "dir/deep/", "dir/./deep//", "missing/", "missing/../", "file.txt/",
        "file.txt/../", "self/", "dir/up/", "pipe/"}) {
    for (int depth = 1; depth <= 12; ++depth) {
      std::string up;
      for (int i = 0; i < depth; ++i) up += i % 3 == 2 ? ".././" : "../";
      for (const std::string& target : targets()) paths.push_back(prefix + up + target);
    }
  }
  for (const char* path : {"..", "../", "../.", "../..", ".//..", "dir/../..", "dir/..//../",
                           "./././../outside", "dir/deep/../../../outside/canary.txt"})
    paths.emplace_back(path);
  return paths;
}

Paths absolute(const WorkspaceArea& area) {
  const std::string root = area.root().string();
  const std::string out = area.outside().string();
  Paths paths{"/",
              "//",
              "/.",
              "/..",
              "/etc",
              "/etc/passwd",
              "//etc/passwd",
              "/./etc/passwd",
              "/../etc/passwd",
              "/root/.ssh/id_rsa",
              "/dev/null",
              "/dev/zero",
              "/dev/stdin",
              "/tmp",
              root + "2",
              root + "2/x",
              root + "/..",
              root + "/../",
              root + "\\..\\outside"};
  for (const std::string& start :
       {out, "/" + out, "//" + out, "/." + out, root + "/../outside", root + "/./../outside",
        root + "//..//outside", root + "/dir/../../outside", root + "/missing/../../outside",
        root + "/out_dir", root + "/dir/out", root + "/up/outside"}) {
    for (const char* rest : {"", "/", "/.", "/canary.txt", "/dir/inner.txt", "/new.txt", "/dir"})
      paths.push_back(start + rest);
  }
  return paths;
}

Paths home() {
  Paths paths;
  for (const char* user : {"~", "~root", "~nobody", "~+", "~-", "~0", "~\xC3\xA4"}) {
    for (const char* rest : {"", "/", "/x", "/../outside/canary.txt", "/.ssh/id_rsa", "//"})
      paths.push_back(std::string(user) + rest);
  }
  for (const char* path : {"$HOME/x", "${HOME}/x", "%HOME%/x", "`pwd`/../outside", "$(pwd)/.."})
    paths.emplace_back(path);
  return paths;
}

/// Ways to write ".." and "/" that something else than a file system might decode.
Paths encodings() {
  Paths paths;
  for (const char* dots : {"%2e%2e",
                           "%2E%2E",
                           ".%2e",
                           "%252e%252e",
                           "\xEF\xBC\x8E\xEF\xBC\x8E",
                           "\xC0\xAE\xC0\xAE",
                           "\xE0\x80\xAE\xE0\x80\xAE",
                           "\xE2\x80\xA4\xE2\x80\xA4",
                           "\xE2\x80\xA5",
                           "..;",
                           ".. ",
                           "..\t",
                           "..\xC2\xA0",
                           "...",
                           "....",
                           ".\xE2\x80\x8B.",
                           "\xEF\xBB\xBF..",
                           "\\..",
                           "..\\",
                           "\\x2e\\x2e",
                           "\\u002e\\u002e",
                           "&#46;&#46;",
                           "..%00",
                           "..%0a",
                           "..\n",
                           "..\r"}) {
    for (const char* slash : {"/", "\\", "%2f", "%5c", "\xEF\xBC\x8F", "\xC0\xAF", "//"}) {
      paths.push_back(std::string(dots) + slash + "outside" + slash + "canary.txt");
      paths.push_back(std::string("dir/") + dots + slash + dots + slash + "outside");
    }
  }
  for (const char* path : {"file:///etc/passwd", "file:../outside/canary.txt", "C:\\outside",
                           "\\\\outside\\canary.txt", "OUTSIDE/canary.txt", "../Outside/canary.txt",
                           "..\xFE/outside", "\xFF\xFE", "\xED\xA0\x80/.."})
    paths.emplace_back(path);
  return paths;
}

Paths nul_bytes() {
  Paths paths;
  for (const std::string_view start :
       {"", "file.txt", "dir/", "../outside/canary.txt", "..", "out_dir"}) {
    for (const std::string_view rest : {"", ".txt", "/../../outside/canary.txt", "/x", "\n"}) {
      std::string path(start);
      path += '\0';
      path += rest;
      paths.push_back(path);
    }
  }
  return paths;
}

Paths too_long() {
  Paths paths{std::string(256, 'n'), std::string(100'000, 'n'), "dir/" + std::string(300, 'n')};
  std::string up;
  while (up.size() < 4200) up += "../";
  std::string around;
  while (around.size() < 4080) around += "dir/../";
  for (const std::string rest : {"outside/canary.txt", "etc/passwd", ""}) {
    paths.push_back(up + rest);
    paths.push_back(up.substr(0, 3000) + rest);
    paths.push_back(around.substr(0, 3997) + "../" + rest);
    paths.push_back(around + "../" + rest);
    paths.push_back(std::string(4000, '/') + rest);
    paths.push_back("." + std::string(4000, '/') + "../" + rest);
  }
  return paths;
}

/// Every link, at every place of a path.
Paths links(const WorkspaceArea& area) {
  Paths names;
  for (const auto& link : relative_links()) names.push_back(link.first);
  for (const char* name : {"abs_file", "abs_dir", "abs_root", "abs_etc", "abs_dots", "magic_root",
                           "magic_cwd", "magic_fd"})
    names.emplace_back(name);
  Paths paths;
  for (const std::string& name : names) {
    for (const std::string prefix :
         {"", "./", "dir/../", "self/", "self/self/dir/up/", "chain1/../ws/"}) {
      for (const char* rest :
           {"", "/", "/.", "/..", "/canary.txt", "/dir/inner.txt", "/inner.txt", "/new.txt",
            "/made/new.txt", "/outside/canary.txt", "/../outside/canary.txt", "/etc/passwd"})
        paths.push_back(prefix + name + rest);
    }
  }
  paths.push_back(area.root().string() + "/out_dir/canary.txt");
  return paths;
}

Paths special_files() {
  Paths paths;
  for (const char* name : {"pipe", "null", "zero", "dir/pipe", "self/pipe", "in_pipe"}) {
    for (const char* rest : {"", "/", "/..", "/../out_file", "/x"})
      paths.push_back(std::string(name) + rest);
  }
  return paths;
}

/// What the kernel follows by other means than a name.
Paths magic() {
  Paths paths;
  for (const std::string base : {"/proc/self", "/proc/thread-self", "/proc/1", "/dev/fd",
                                 "proc/self", "magic_root/proc/self", "self/../proc/self"}) {
    for (const char* rest : {"/root", "/root/etc/passwd", "/cwd", "/cwd/../outside", "/fd/0",
                             "/fd/3", "/exe", "/environ", "/task", "/3", ""})
      paths.push_back(base + rest);
  }
  return paths;
}

}  // namespace

void add_traps(const WorkspaceArea& area) {
  area.add("file.txt", "inside");
  area.add("dir/deep/x.txt", "inside");
  for (const auto& [name, target] : relative_links()) area.link(target, name);
  area.link(area.outside() / "canary.txt", "abs_file");
  area.link(area.outside(), "abs_dir");
  area.link("/", "abs_root");
  area.link("/etc", "abs_etc");
  area.link(area.root() / ".." / "outside", "abs_dots");
  area.link("/proc/self/root", "magic_root");
  area.link("/proc/self/cwd", "magic_cwd");
  area.link("/proc/self/fd", "magic_fd");
  area.link("pipe", "in_pipe");
  if (::mkfifo((area.root() / "pipe").c_str(), 0600) != 0 ||
      ::mkfifo((area.root() / "dir/pipe").c_str(), 0600) != 0)
    throw std::runtime_error("mkfifo failed");
  // Only root can; for everybody else these are two paths that are not there.
  static_cast<void>(::mknod((area.root() / "null").c_str(), S_IFCHR | 0666, 0x103) == 0);
  static_cast<void>(::mknod((area.root() / "zero").c_str(), S_IFCHR | 0666, 0x105) == 0);
}

std::vector<HostileClass> hostile_paths(const WorkspaceArea& area) {
  return {{"dot segments", dot_segments()},
          {"absolute", absolute(area)},
          {"home", home()},
          {"encodings", encodings()},
          {"NUL bytes", nul_bytes()},
          {"too long", too_long()},
          {"links", links(area)},
          {"special files", special_files()},
          {"magic links", magic()}};
}

}  // namespace strandbus::test
