package dev.mmib.cuda.natives;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
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
    try {
      System.load(library.toAbsolutePath().toString());
      LOG.debug("loaded {}", library);
    } catch (UnsatisfiedLinkError e) {
      throw new Unavailable(
          what
              + " does not load: "
              + e.getMessage()
              + "; mend that library, or name another folder by "
              + LibrarySearch.VARIABLE,
          e);
    }
  }

  /**
   * Loads what others may open by name later: a failure matters only if they do, and is logged.
   *
   * <p>They need each other in an order that differs between releases. So those that fail are tried
   * again as long as others have loaded since.
   */
  static void loadWhatLoads(List<Path> libraries) {
    var left = libraries;
    int before;
    do {
      before = left.size();
      left = left.stream().filter(library -> !loads(library)).toList();
    } while (!left.isEmpty() && left.size() < before);
    if (!left.isEmpty()) {
      LOG.debug("left to whom it needs: {}", left);
    }
  }

  private static boolean loads(Path library) {
    try {
      System.load(library.toAbsolutePath().toString());
      LOG.debug("loaded {}", library);
      return true;
    } catch (UnsatisfiedLinkError e) {
      LOG.debug("{} does not load now: {}", library, e.getMessage());
      return false;
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
