#pragma once

#include <string_view>
#include <vector>

namespace strandbus::testing {

/// A row of the vocabulary's tables, written from the document and not from the code.
struct VocabularyRow {
  std::string_view type;
  std::string_view scope;
  std::string_view stage;
  std::string_view members;    ///< space separated; `?` marks an optional one
  std::string_view component;  ///< component_id of a sample, see there
};

/// The whole vocabulary in the order of its tables.
const std::vector<VocabularyRow>& vocabulary();

}  // namespace strandbus::testing
