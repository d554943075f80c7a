#include "gateway/control/system_random.h"

#include <sys/random.h>

#include <stdexcept>

namespace penstock {

std::uint64_t system_random() {
  std::uint64_t number = 0;
  if (getrandom(&number, sizeof(number), 0) != sizeof(number))
    throw std::runtime_error("no random numbers from the system");
  return number;
}

std::string random_text() {
  return std::to_string(system_random()) + std::to_string(system_random());
}

}  // namespace penstock
