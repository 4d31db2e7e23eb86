// SPDX-License-Identifier: Apache-2.0
#include "power_loss.hpp"
#include "support/catch.hpp"
#include "support/file_model.hpp"

TEST_CASE("Power cuts: files, with what a file system makes of writes that were not synced") {
  power_loss::prove("file", [] { return std::make_unique<FileModel>(512, 4); }, {1, 1001});
}
