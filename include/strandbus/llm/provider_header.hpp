#pragma once

#include <string>

namespace strandbus {

/// A header that goes with every request to a model's server.
struct ProviderHeader {
  std::string name{};
  std::string value{};
};

}  // namespace strandbus
