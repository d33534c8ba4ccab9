#pragma once

#include "strandbus/store/event_store.hpp"

#include <string>

namespace strandbus::testing {

/// Puts what a session file has recorded into a store, under this id. Makes the store.
void keep_session(const std::string& store_path, const std::string& id,
                  const std::string& session_file, const std::string& title = {});

}  // namespace strandbus::testing
