// Holds a bound on how much one class may be: its fields are what one has to have in mind to change it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kMostFields = 35;
constexpr std::size_t kMostMethods = 45;

struct Size {
  std::size_t fields = 0;  ///< data members, without static ones
  std::size_t methods =
      0;  ///< member functions, without constructors, the destructor, and what is defaulted or deleted
  bool operator==(const Size&) const = default;
};
using Classes = std::map<std::string, Size>;

/// Beyond the bound still, with what they are today: they may shrink, and not grow.
const Classes kKnown = {};

// ---- C++, as far as clang-format leaves it: words, and single characters, without comments and texts

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Past a comment, a literal or a preprocessor's line that begins at `at`; `at` itself if none does.
std::size_t past_what_says_nothing(std::string_view text, std::size_t at) {
  const auto past = [&](std::string_view end, std::size_t from) {
    const std::size_t found = text.find(end, from);
    return found == text.npos ? text.size() : found + end.size();
  };
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("//") || rest.starts_with('#')) return past("\n", at);
  if (rest.starts_with("/*")) return past("*/", at);
  if (rest.starts_with("R\"(")) return past(")\"", at);
  if (rest[0] != '"' && rest[0] != '\'') return at;
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == rest[0]) return i + 1;
    if (text[i] == '\\') ++i;
  }
  return text.size();
}

std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t past = past_what_says_nothing(text, at); past != at) {
      at = past;
    } else if (in_word(text[at])) {
      std::size_t end = at;
      // A quote within a number parts its digits.
      while (end < text.size() && (in_word(text[end]) || (text[end] == '\'' && std::isdigit(text[at]) != 0))) ++end;
      tokens.emplace_back(text.substr(at, end - at));
      at = end;
    } else {
      const std::string_view two = text.substr(at, 2);
      const bool together = two == "::" || two == "->" || two == "<<" || two == "==" || two == "<=" || two == ">=";
      if (together || std::isspace(static_cast<unsigned char>(text[at])) == 0)
        tokens.emplace_back(text, at, together ? 2 : 1);
      at += together ? 2 : 1;
    }
  }
  return tokens;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : tokens_(tokens_of(text)) {}

  Classes classes() {
    while (at_ < tokens_.size()) {
      if (!read_class()) ++at_;
    }
    return std::move(found_);
  }

 private:
  const std::string& token(std::size_t ahead = 0) const {
    static const std::string kNone;
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead] : kNone;
  }
  bool is(std::string_view text) const { return token() == text; }

  /// Past the bracket that closes the one here.
  void skip_brackets() {
    const std::string open = token();
    const std::string close = open == "(" ? ")" : open == "{" ? "}" : open == "[" ? "]" : ">";
    for (std::size_t depth = 0; at_ < tokens_.size();) {
      if (is(open)) ++depth;
      if (is(close) && --depth == 0) break;
      ++at_;
    }
    ++at_;
  }

  /// Past "class Name final : public Base { … }", if that is what is here; else nothing happens.
  bool read_class() {
    if (!is("class") && !is("struct")) return false;
    if (at_ > 0 && (tokens_[at_ - 1] == "enum" || tokens_[at_ - 1] == "<" || tokens_[at_ - 1] == ",")) return false;
    std::size_t end = at_ + 1;
    std::string name;
    for (; end < tokens_.size() && (in_word(tokens_[end][0]) || tokens_[end] == "::"); ++end) {
      if (tokens_[end] != "final") name = tokens_[end];
    }
    if (end < tokens_.size() && tokens_[end] == ":") end = base_clause_end(end);
    if (name.empty() || end >= tokens_.size() || tokens_[end] != "{") return false;
    at_ = end + 1;
    Size size;
    while (at_ < tokens_.size() && !is("}")) read_member(name, size);
    ++at_;
    Size& known = found_[name];  // the larger of two that have one name
    known = {std::max(known.fields, size.fields), std::max(known.methods, size.methods)};
    return true;
  }

  std::size_t base_clause_end(std::size_t at) const {
    while (at < tokens_.size() && tokens_[at] != "{" && tokens_[at] != ";") ++at;
    return at;
  }

  void read_member(const std::string& of, Size& size) {
    if (token(1) == ":" && (is("public") || is("private") || is("protected"))) {
      at_ += 2;
      return;
    }
    if (is("template")) {
      ++at_;
      skip_brackets();
      while (is("requires")) at_ += 2;
    }
    const bool announced = (is("class") || is("struct")) && token(2) == ";";
    const bool counts = !announced && !is("using") && !is("friend") && !is("static_assert");
    if (is("enum")) {
      while (!is("{") && !is(";")) ++at_;
      if (is("{")) skip_brackets();
    } else {
      read_class();
    }
    declaration(of, counts, size);
  }

  /// To the end of a declaration; of one that a type's definition stands before: the rest of it.
  void declaration(const std::string& of, bool counts, Size& size) {
    bool is_static = false, special = false, any = false;
    std::size_t fields = 1;
    for (; at_ < tokens_.size() && !is(";"); any = true) {
      if (is("operator") || (is("(") && any)) return function(counts && !special, size);
      if (is("=") || is("{")) {
        initialiser();
      } else if (is("<") || is("[")) {
        skip_brackets();
      } else {
        is_static = is_static || is("static");
        special = is("~") || (is(of) && token(1) == "(") || (special && is(of));
        fields += is(",") ? 1 : 0;
        ++at_;
      }
    }
    ++at_;
    if (any && counts && !is_static) size.fields += fields;
  }

  void initialiser() {
    while (at_ < tokens_.size() && !is(";") && !is(",")) {
      if (is("{") || is("(") || is("[")) {
        skip_brackets();
      } else {
        ++at_;
      }
    }
  }

  void function(bool counts, Size& size) {
    bool initialises = false;  // "Name(…) : member_(…), member_{…} {"
    while (at_ < tokens_.size() && !is(";")) {
      counts = counts && !(is("=") && (token(1) == "default" || token(1) == "delete"));
      initialises = initialises || is(":");
      const bool body = is("{") && !(initialises && (in_word(tokens_[at_ - 1].back()) || tokens_[at_ - 1] == ">"));
      if (body) break;
      if (is("operator") && token(1) == "(") ++at_;
      is("(") || is("{") ? skip_brackets() : void(++at_);
    }
    is("{") ? skip_brackets() : void(++at_);
    size.methods += counts ? 1 : 0;
  }

  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
  Classes found_;
};

Size size_of(const std::string& members) {
  return Reader("class X {\n" + members + "\n};").classes()["X"];
}

std::string text_of(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(ClassBounds, HoldForEveryClassOfTheProduct) {
  const std::filesystem::path root = PENSTOCK_SOURCE_DIR;
  std::size_t classes = 0;
  for (const char* folder : {"balancers", "conf", "discovery", "gateway", "limiters"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cc") continue;
      for (const auto& [name, size] : Reader(text_of(entry.path())).classes()) {
        ++classes;
        const auto known = kKnown.find(name);
        const Size most = known != kKnown.end() ? known->second : Size{kMostFields, kMostMethods};
        EXPECT_LE(size.fields, most.fields) << name << " in " << entry.path();
        EXPECT_LE(size.methods, most.methods) << name << " in " << entry.path();
      }
    }
  }
  EXPECT_GT(classes, 300u) << "found next to nothing to count below " << root;
}

TEST(ClassBounds, CountFieldsOfEveryForm) {
  EXPECT_EQ(size_of("int a_; std::string b_, c_;"), (Size{3, 0}));
  EXPECT_EQ(size_of("bool a_ : 1 = true; Nanos b_ = 5 * kSecond; int c_{7}; char d_[3];"), (Size{4, 0}));
  EXPECT_EQ(size_of("const std::function<void(int, int)> a_; std::map<int, std::vector<int>> b_;"), (Size{2, 0}));
  EXPECT_EQ(size_of("Deadline a_ = Deadline::of<&X::f>(this); Board b_{loop_, [this](int i) { return part(i); }};"),
            (Size{2, 0}));
  EXPECT_EQ(size_of("enum class E { a, b } e_; struct S { int one, two; } s_;"), (Size{2, 0}));
}

TEST(ClassBounds, CountMethodsOfEveryForm) {
  EXPECT_EQ(size_of("void a(); int b() const { return x_; } static X c(int i); virtual void d() = 0;"), (Size{0, 4}));
  EXPECT_EQ(size_of("template <class T> void a(T t) { for (;;) {} } bool operator==(X o) const; void operator()();"),
            (Size{0, 3}));
  EXPECT_EQ(size_of("std::function<void(int)> a(); [[nodiscard]] std::vector<int> b(int i = 3, int j = f());"),
            (Size{0, 2}));
}

TEST(ClassBounds, CountNeitherConstructorsNorConstantsNorTypes) {
  EXPECT_EQ(size_of("X(); explicit X(int a) : a_(a), b_{a}, c_(std::vector<int>{1}) {} ~X(); X(const X&) = delete;"),
            (Size{0, 0}));
  EXPECT_EQ(size_of("bool operator==(const X&) const = default; X& operator=(const X&) = delete;"), (Size{0, 0}));
  EXPECT_EQ(size_of("static constexpr int kMost = 1 << 14; using A = int; friend class Y; enum class E { a };"),
            (Size{0, 0}));
  EXPECT_EQ(size_of("public: struct S; struct T { int a; void b(); }; // int c_;\n static_assert(sizeof(int) == 4);"),
            (Size{0, 0}));
}

TEST(ClassBounds, CountEachClassByItself) {
  const Classes classes = Reader(
                              "struct A final : B<int> { int a; struct C { void c(); }; };\n"
                              "struct D::Impl { int e = '}'; const char* f = \"};\"; };\n"
                              "template <class T> class F; enum class G { h };")
                              .classes();
  EXPECT_EQ(classes, (Classes{{"A", {1, 0}}, {"C", {0, 1}}, {"Impl", {2, 0}}}));
}

}  // namespace
