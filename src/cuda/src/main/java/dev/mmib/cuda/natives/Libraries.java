package dev.mmib.cuda.natives;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads libraries of the system by absolute path.
 *
 * <p>What is loaded once satisfies all that later ask for its soname: JCuda's natives, and NVIDIA's
 * libraries, which open each other by name. So no {@code LD_LIBRARY_PATH} is needed.
 */
final class Libraries {

  private static final Logger LOG = LoggerFactory.getLogger(Libraries.class);

  private Libraries() {}

  /** Loads it or says why not. */
  static void load(Path library, String what) throws Unavailable {
    var failure = failure(library);
    if (failure.isPresent()) {
      throw new Unavailable(doesNotLoad(what, failure.get()));
    }
  }

  /** The reason that a library does not load, with the cure. */
  static String doesNotLoad(String what, String linkerMessage) {
    return what
        + " does not load: "
        + linkerMessage
        + "; mend that library, or name another folder by "
        + LibrarySearch.VARIABLE;
  }

  /**
   * Loads what others may open by name later, as far as it loads.
   *
   * <p>They need each other in an order that differs between releases. So those that fail are tried
   * again as long as others have loaded since.
   *
   * @return what the linker says of those that do not load
   */
  static Map<Path, String> loadWhatLoads(List<Path> libraries) {
    var failures = new LinkedHashMap<Path, String>();
    var left = libraries;
    int before;
    do {
      before = left.size();
      failures.clear();
      for (var library : left) {
        failure(library).ifPresent(message -> failures.put(library, message));
      }
      left = List.copyOf(failures.keySet());
    } while (!left.isEmpty() && left.size() < before);
    failures.forEach((library, message) -> LOG.debug("{} does not load: {}", library, message));
    return failures;
  }

  private static Optional<String> failure(Path library) {
    try {
      System.load(library.toAbsolutePath().toString());
      LOG.debug("loaded {}", library);
      return Optional.empty();
    } catch (UnsatisfiedLinkError e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** The library of that name that lies beside another, or where the search finds one. */
  static Optional<Path> beside(Path library, String soname, LibrarySearch search) {
    var sibling = library.resolveSibling(soname);
    return Elf.isX8664(sibling) ? Optional.of(sibling) : search.find(soname);
  }

  /** Those beside a library that a pattern matches, the {@code first} ones first. */
  static List<Path> beside(Path library, String glob, List<String> first) {
    var found = new LinkedHashSet<Path>();
    first.stream().map(library::resolveSibling).filter(Files::exists).forEach(found::add);
    var folder = library.toAbsolutePath().getParent();
    if (folder != null) {
      LibrarySearch.children(folder, glob).stream()
          .map(path -> library.resolveSibling(path.getFileName()))
          .forEach(found::add);
    }
    return new ArrayList<>(found);
  }
}
