package dev.mmib.cuda.natives;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * NVIDIA's driver, cuBLAS and cuDNN under JCuda: found and loaded once per process.
 *
 * <p>No class of JCuda may be touched before {@link #load} has returned: it would unpack its
 * natives where anyone can write, and look for libraries by itself.
 */
public final class CudaNatives {

  private static final Logger LOG = LoggerFactory.getLogger(CudaNatives.class);

  private CudaNatives() {}

  private record Outcome(Optional<String> reason, Map<String, String> versions, List<Gpu> gpus) {}

  /** Initialised by the first who asks; the others wait. */
  private static final class Once {
    static final Outcome OUTCOME = attempt();
  }

  /** Why no GPU can be used here, with the cure, or empty. Never throws. */
  public static Optional<String> unavailableBecause() {
    return Once.OUTCOME.reason();
  }

  /** What was found, as far as loading came: driver, GPUs, cuBLAS and cuDNN with their places. */
  public static Map<String, String> versions() {
    return Once.OUTCOME.versions();
  }

  /** How many GPUs there are, old ones included; 0 where none can be used. */
  public static int deviceCount() {
    return Once.OUTCOME.reason().isPresent() ? 0 : Once.OUTCOME.gpus().size();
  }

  /** Loads all there is to load, or throws with the reason and the cure. */
  public static void load() {
    unavailableBecause().ifPresent(CudaNatives::refuse);
  }

  /** The same for one GPU, which may be too old where others are not. */
  public static void load(int ordinal) {
    load();
    var gpus = Once.OUTCOME.gpus();
    if (ordinal < 0 || ordinal >= gpus.size()) {
      refuse("GPU " + ordinal + " is not there: there are " + gpus.size() + ", counted from 0");
    }
    if (gpus.get(ordinal).isTooOld()) {
      refuse("GPU " + ordinal + ", " + gpus.get(ordinal).tooOld());
    }
  }

  private static void refuse(String reason) {
    throw MmibException.of(ErrorCode.DEVICE, "device cuda: " + reason, "Run `mmib doctor`.");
  }

  private static Outcome attempt() {
    var found = new LinkedHashMap<String, String>();
    try {
      return loaded(found);
    } catch (Unavailable e) {
      return unavailable(String.valueOf(e.getMessage()), found);
    } catch (IOException e) {
      return unavailable(
          "JCuda's natives cannot be unpacked ("
              + e
              + "); name a folder that can be written by -Djava.io.tmpdir=FOLDER",
          found);
    } catch (Exception | LinkageError e) { // whatever natives do: here alone it becomes a reason
      LOG.debug("JCuda is not usable", e);
      var cure =
          e instanceof NoClassDefFoundError
              ? "put on the class path what mmib-cuda depends on"
              : "report it with the output of `mmib doctor`";
      return unavailable("JCuda is not usable (" + e + "); " + cure, found);
    }
  }

  private static Outcome loaded(Map<String, String> found) throws Exception {
    var unfit = Host.here().unfit();
    if (unfit.isPresent()) {
      throw new Unavailable(unfit.get());
    }
    var search = LibrarySearch.here();
    try (var natives = new JCudaNatives()) {
      var library =
          search
              .find("libcuda.so.1")
              .orElseThrow(() -> new Unavailable(Driver.missing() + search.hint()));
      var driver = Driver.start(library, natives);
      found.put("driver", driver.toString());
      for (int i = 0; i < driver.gpus().size(); i++) {
        found.put("GPU " + i, driver.gpus().get(i).toString());
      }
      var cublas = Cublas.load(search, driver, natives);
      found.put("cuBLAS", cublas.version() + " (" + cublas.library() + ")");
      var cudnn = Cudnn.load(search, driver, natives);
      found.put("cuDNN", cudnn.version() + " (" + cudnn.library() + ")");
      return new Outcome(Optional.empty(), Collections.unmodifiableMap(found), driver.gpus());
    }
  }

  private static Outcome unavailable(String reason, Map<String, String> found) {
    var text = new StringBuilder(reason);
    if (!found.isEmpty()) {
      text.append(
          found.entrySet().stream()
              .map(entry -> entry.getKey() + " " + entry.getValue())
              .collect(Collectors.joining(", ", "; found: ", "")));
    }
    return new Outcome(Optional.of(text.toString()), Collections.unmodifiableMap(found), List.of());
  }
}
