package dev.mmib.cuda.natives;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where NVIDIA's libraries may lie, in the order in which they are looked for.
 *
 * <ol>
 *   <li>what the user names: folders or files in {@code -Dmmib.cuda.libraries} or the environment's
 *       {@code MMIB_CUDA_LIBRARIES}; what is found there wins, whatever its version
 *   <li>{@code LD_LIBRARY_PATH}
 *   <li>toolkits: {@code CUDA_HOME}, {@code CUDA_PATH}, {@code /usr/local/cuda*}, {@code /opt/cuda}
 *   <li>the system's folders, and those that its linker is told in {@code /etc/ld.so.conf}
 *   <li>Python's wheels, {@code site-packages/nvidia/*}{@code /lib}, of the virtual environment, of
 *       Python on the {@code PATH} and under the usual prefixes
 * </ol>
 *
 * <p>A fixed number of folders is looked into; nothing is searched recursively.
 */
final class LibrarySearch {

  /** The property that names folders or files, separated as in {@code PATH}. */
  static final String PROPERTY = "mmib.cuda.libraries";

  /** The same from the environment; the property is looked at first. */
  static final String VARIABLE = "MMIB_CUDA_LIBRARIES";

  private static final List<String> TOOLKIT_FOLDERS =
      List.of("lib64", "targets/x86_64-linux/lib", "lib");
  private static final List<String> SYSTEM_FOLDERS =
      List.of(
          "/usr/local/nvidia/lib64",
          "/usr/local/nvidia/lib",
          "/usr/lib/wsl/lib",
          "/usr/lib/x86_64-linux-gnu",
          "/lib/x86_64-linux-gnu",
          "/usr/lib64",
          "/lib64",
          "/usr/lib",
          "/usr/local/lib64",
          "/usr/local/lib",
          "/run/opengl-driver/lib");

  private final Path root;
  private final Map<String, String> environment;
  private final List<Path> named;
  private final List<Path> folders;

  /**
   * Looks around once.
   *
   * @param root what absolute paths of the system start from: {@code /}, but for tests
   * @param environment such as {@link System#getenv()}
   * @param property the value of {@link #PROPERTY}
   */
  LibrarySearch(Path root, Map<String, String> environment, @Nullable String property) {
    this.root = root;
    this.environment = environment;
    this.named =
        paths(property != null && !property.isBlank() ? property : environment.get(VARIABLE))
            .map(Path::toAbsolutePath)
            .toList();
    var all = new LinkedHashSet<Path>();
    paths(environment.get("LD_LIBRARY_PATH")).filter(Path::isAbsolute).forEach(all::add);
    addToolkits(all);
    SYSTEM_FOLDERS.forEach(folder -> all.add(inRoot(folder)));
    all.addAll(LinkerFolders.of(root));
    addWheels(all);
    this.folders = all.stream().map(Path::normalize).distinct().filter(Files::isDirectory).toList();
  }

  /** This machine's. */
  static LibrarySearch here() {
    return new LibrarySearch(Path.of("/"), System.getenv(), System.getProperty(PROPERTY));
  }

  /**
   * The first library of these names, better ones first: a better name in a later folder precedes a
   * worse one in an earlier folder, except that what the user names precedes all else.
   */
  Optional<Path> find(String... sonames) {
    return Stream.of(named, folders)
        .flatMap(places -> Arrays.stream(sonames).flatMap(name -> in(places, name)))
        .findFirst();
  }

  /** The end of a reason that something is not found: where else it could be named. */
  String hint() {
    return named.isEmpty()
        ? "; if it lies elsewhere, name its folder by " + VARIABLE
        : "; "
            + VARIABLE
            + " or -D"
            + PROPERTY
            + " names "
            + named
            + ", where no x86-64 library of"
            + " that name is";
  }

  /** The existing folders that are looked into, without those that the user names. */
  List<Path> folders() {
    return folders;
  }

  private static Stream<Path> in(List<Path> places, String soname) {
    return places.stream()
        .map(place -> Files.isDirectory(place) ? place.resolve(soname) : place)
        .filter(file -> String.valueOf(file.getFileName()).startsWith(soname))
        .filter(Elf::isX8664);
  }

  private void addToolkits(Set<Path> all) {
    var homes = new ArrayList<Path>();
    for (var variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      paths(environment.get(variable)).filter(Path::isAbsolute).forEach(homes::add);
    }
    homes.addAll(children(inRoot("/usr/local"), "cuda*"));
    homes.add(inRoot("/opt/cuda"));
    for (var home : homes) {
      TOOLKIT_FOLDERS.forEach(folder -> all.add(home.resolve(folder)));
    }
  }

  private void addWheels(Set<Path> all) {
    var prefixes = new LinkedHashSet<Path>();
    for (var variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
      paths(environment.get(variable)).filter(Path::isAbsolute).forEach(prefixes::add);
    }
    prefixes.forEach(prefix -> all.add(prefix.resolve("lib"))); // where conda puts libraries
    paths(environment.get("PATH"))
        .filter(Path::isAbsolute)
        .filter(folder -> !children(folder, "python3*").isEmpty())
        .map(Path::getParent)
        .forEach(prefix -> prefixes.add(prefix == null ? root : prefix));
    paths(environment.get("HOME")).forEach(home -> prefixes.add(home.resolve(".local")));
    prefixes.add(inRoot("/usr/local"));
    prefixes.add(inRoot("/usr"));
    for (var installed : children(inRoot("/opt"), "*")) {
      prefixes.add(installed);
      prefixes.add(installed.resolve(".venv"));
      prefixes.add(installed.resolve("venv"));
    }
    var sites = new LinkedHashSet<Path>();
    paths(environment.get("PYTHONPATH")).filter(Path::isAbsolute).forEach(sites::add);
    for (var prefix : prefixes) {
      for (var lib : List.of("lib", "lib64")) {
        for (var python : children(prefix.resolve(lib), "python3*")) {
          sites.add(python.resolve("site-packages"));
          sites.add(python.resolve("dist-packages"));
        }
      }
    }
    for (var site : sites) {
      for (var wheel : children(site.resolve("nvidia"), "*")) {
        all.add(wheel.resolve("lib"));
      }
    }
  }

  private Path inRoot(String absolute) {
    return root.resolve(absolute.substring(1));
  }

  /** The paths of a list as in {@code PATH}; what is no path is left out. */
  private static Stream<Path> paths(@Nullable String list) {
    if (list == null) {
      return Stream.empty();
    }
    return Arrays.stream(list.split(File.pathSeparator, -1))
        .filter(entry -> !entry.isBlank())
        .flatMap(LibrarySearch::path);
  }

  private static Stream<Path> path(String entry) {
    try {
      return Stream.of(Path.of(entry.strip()));
    } catch (InvalidPathException e) {
      return Stream.empty(); // no such file can exist
    }
  }

  /** Newest first, by the numbers in their names; {@code cuda} itself precedes {@code cuda-12}. */
  static Collection<Path> children(Path folder, String glob) {
    var found = new ArrayList<Path>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
        entries.forEach(found::add);
      } catch (IOException | DirectoryIteratorException e) {
        return List.of(); // unreadable for this user: as good as absent
      }
    }
    found.sort(Comparator.comparing(LibrarySearch::age).thenComparing(Path::toString));
    return found;
  }

  /** Sorts {@code x} before {@code x-13.1} before {@code x-13.0} before {@code x-12}. */
  private static String age(Path path) {
    var key = new StringBuilder();
    for (var number : String.valueOf(path.getFileName()).split("\\D+", -1)) {
      if (!number.isEmpty() && number.length() < 9) {
        key.append("%09d.".formatted(999_999_999 - Integer.parseInt(number)));
      }
    }
    return key.toString();
  }
}
