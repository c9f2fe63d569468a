// What the stand-in driver reads in PTX: enough to notice that it is not of the kernels compiled here.
#pragma once

#include <cctype>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace stand_in {

struct Entry {
  std::vector<unsigned> parameterBytes;
  unsigned maxThreads = 1024;   // .maxntid
  unsigned staticShared = 0;    // bytes
};

struct Ptx {
  int version = 0;  // 10 · major + minor, 0 if this is no PTX
  int target = 0;   // 80 of sm_80
  std::map<std::string, Entry> entries;
};

// Bytes of a declaration such as `.u64 name`, `.align 16 .b8 name[64]`.
inline unsigned declaredBytes(const std::string& text) {
  size_t at = 0;
  unsigned element = 0;
  while ((at = text.find('.', at)) != std::string::npos) {
    at++;
    char kind = text[at];
    bool sized = std::string("usfb").find(kind) != std::string::npos;
    if (sized && isdigit((unsigned char)text[at + 1])) {
      element = (unsigned)atoi(&text[at + 1]) / 8;
      break;
    }
  }
  size_t bracket = text.find('[', at);
  return element * (bracket == std::string::npos ? 1 : (unsigned)atoi(&text[bracket + 1]));
}

inline unsigned product(const char* numbers) {
  unsigned result = 1;
  for (;;) {
    char* end;
    result *= (unsigned)strtoul(numbers, &end, 10);
    if (*end != ',') return result;
    numbers = end + 1;
  }
}

// `text` from the end of the parameters on up to the next entry.
inline void readRest(const std::string& text, Entry& entry) {
  size_t body = text.find('{');
  size_t most = text.find(".maxntid");
  if (most < body) entry.maxThreads = product(&text[most + 8]);
  for (size_t at = 0; (at = text.find(".shared", at)) != std::string::npos; at += 7) {
    bool declaration = at >= 8 && isspace((unsigned char)text[at - 1]) &&
                       isspace((unsigned char)text[at + 7]) && text.compare(at - 8, 7, ".extern");
    if (!declaration) continue;
    entry.staticShared += declaredBytes(text.substr(at, text.find(';', at) - at));
  }
}

inline Ptx readPtx(const std::string& text) {
  Ptx ptx;
  size_t version = text.find(".version ");
  size_t target = text.find(".target sm_");
  if (version == std::string::npos || target == std::string::npos) return ptx;
  ptx.version = atoi(&text[version + 9]) * 10 + atoi(&text[text.find('.', version + 9) + 1]);
  ptx.target = atoi(&text[target + 11]);
  size_t at = text.find(".entry ");
  while (at != std::string::npos) {
    size_t next = text.find(".entry ", at + 7);
    size_t open = text.find('(', at), close = text.find(')', at);
    Entry entry;
    for (size_t p = text.find(".param", open); p < close; p = text.find(".param", p + 6)) {
      entry.parameterBytes.push_back(declaredBytes(text.substr(p, text.find_first_of(",)", p) - p)));
    }
    readRest(text.substr(close, next == std::string::npos ? next : next - close), entry);
    std::string name = text.substr(at + 7, open - at - 7);
    name.erase(name.find_last_not_of(" \t\r\n") + 1);
    ptx.entries[name] = entry;
    at = next;
  }
  return ptx;
}

}  // namespace stand_in
