// How this process was started, so that it can be done once more.
#pragma once

#include <string>
#include <vector>

namespace penstock {

struct ProgramStart {
  /// Read when the program starts: later the file may have been replaced, and the kernel only knows the old one. The
  /// name that it was called by, if that is a path to it: what a symbolic link leads to may be changed meanwhile.
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;  ///< without what was meant for this process alone

  static ProgramStart of_this_process(int argc, char** argv);
};

}  // namespace penstock
