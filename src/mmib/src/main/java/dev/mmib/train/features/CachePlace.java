package dev.mmib.train.features;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Where the features of pictures are kept.
 *
 * @param environment variables, of which the user's cache directory is taken
 * @param properties of the system
 */
public record CachePlace(Map<String, String> environment, Properties properties) {

  /** System property: the directory in the place of the user's cache directory. */
  public static final String PROPERTY = "mmib.cache";

  private static final String FEATURES = "features";

  public CachePlace {
    environment = Map.copyOf(environment);
  }

  /** That of this process. */
  public static CachePlace here() {
    return new CachePlace(System.getenv(), System.getProperties());
  }

  /**
   * The directory that a setting means.
   *
   * @param setting {@code auto}, {@code none} or a directory
   * @return empty for none
   */
  public Optional<Path> of(String setting) {
    if (setting.equals("none")) {
      return Optional.empty();
    }
    try {
      return Optional.of(setting.equals("auto") ? usual() : Path.of(named(setting)));
    } catch (InvalidPathException e) {
      throw refuse(setting).causedBy(e);
    }
  }

  private static String named(String setting) {
    if (setting.isBlank()) {
      throw refuse(setting);
    }
    return setting;
  }

  private static MmibException refuse(String setting) {
    return MmibException.of(
        ErrorCode.USAGE,
        "featureCache is " + MmibException.quote(setting) + ", which is no directory",
        "Give auto, none or a directory.");
  }

  private Path usual() {
    var property = properties.getProperty(PROPERTY);
    if (property != null && !property.isBlank()) {
      return Path.of(property, FEATURES);
    }
    var system = properties.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    var home = Path.of(properties.getProperty("user.home", "."));
    if (system.startsWith("windows")) {
      return absolute("LOCALAPPDATA", home.resolve("AppData").resolve("Local"));
    }
    if (system.startsWith("mac")) {
      return home.resolve("Library").resolve("Caches").resolve("mmib").resolve(FEATURES);
    }
    return absolute("XDG_CACHE_HOME", home.resolve(".cache"));
  }

  /** A variable that names no absolute directory is to be ignored, says the XDG specification. */
  private Path absolute(String variable, Path otherwise) {
    @Nullable String value = environment.get(variable);
    var named = value == null || value.isBlank() ? otherwise : Path.of(value);
    return (named.isAbsolute() ? named : otherwise).resolve("mmib").resolve(FEATURES);
  }
}
