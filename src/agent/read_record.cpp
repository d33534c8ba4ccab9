#include "strandbus/agent/read_record.hpp"

#include <openssl/evp.h>

#include <array>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace strandbus {
namespace {

std::string digest_of(std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  if (EVP_Digest(content.data(), content.size(), bytes.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("SHA-256 is not available in this OpenSSL");
  return {bytes.begin(), bytes.begin() + size};
}

/// "./a//b" and "a/b" are the same name.
std::string plain(std::string_view name) {
  return std::filesystem::path(name).lexically_normal().generic_string();
}

}  // namespace

ReadRecord::ReadRecord(std::size_t max_files) : max_files_(max_files) {
  if (max_files == 0)
    throw std::invalid_argument("ReadRecord: max_files is 0; it must be at least 1");
}

void ReadRecord::note(std::string_view path, std::string_view asked, std::string_view content) {
  File file;
  file.path = path;
  file.asked = plain(asked);
  file.digest = digest_of(content);
  const std::lock_guard lock(mutex_);
  if (const auto known = by_path_.find(path); known != by_path_.end()) erase(known->second);
  while (files_.size() >= max_files_) erase(files_.begin());
  ++asked_[file.asked];
  files_.push_back(std::move(file));
  by_path_.insert_or_assign(files_.back().path, std::prev(files_.end()));
}

Seen ReadRecord::check(std::string_view path, std::string_view content) const {
  const std::string digest = digest_of(content);
  const std::lock_guard lock(mutex_);
  const auto known = by_path_.find(path);
  if (known == by_path_.end()) return Seen::never;
  return known->second->digest == digest ? Seen::current : Seen::outdated;
}

bool ReadRecord::knows(std::string_view name) const {
  const std::string wanted = plain(name);
  const std::lock_guard lock(mutex_);
  return by_path_.contains(wanted) || asked_.contains(wanted);
}

void ReadRecord::forget(std::string_view path) {
  const std::lock_guard lock(mutex_);
  if (const auto known = by_path_.find(path); known != by_path_.end()) erase(known->second);
}

void ReadRecord::erase(Files::iterator file) {
  if (const auto asked = asked_.find(file->asked); --asked->second == 0) asked_.erase(asked);
  by_path_.erase(file->path);
  files_.erase(file);
}

}  // namespace strandbus
