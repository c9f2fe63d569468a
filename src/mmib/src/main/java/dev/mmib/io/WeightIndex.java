package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index of a model that is stored in several files ({@code model.safetensors.index.json}).
 *
 * <p>The names of the shards come from the file and are not trusted: each is a plain name beside
 * the index, and where it leads to is confined by {@link ConfinedFiles}.
 */
public final class WeightIndex {

  private static final Logger LOG = LoggerFactory.getLogger(WeightIndex.class);
  private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}");
  private static final Pattern WINDOWS_DEVICE =
      Pattern.compile("(CON|PRN|AUX|NUL|COM[0-9]|LPT[0-9])(\\..*)?");
  private static final String CURE = "Copy the model again, as it was published.";

  private final Path file;
  private final JsonObject json;
  private final Map<String, String> shardOf;

  private WeightIndex(Path file, JsonObject json, Map<String, String> shardOf) {
    this.file = file;
    this.json = json;
    this.shardOf = Collections.unmodifiableMap(shardOf);
  }

  /** Reads an index; no shard is opened yet. */
  public static WeightIndex read(Path file) {
    var json = Json.read(file, ErrorCode.WEIGHT_INDEX).asObject();
    var shardOf = new LinkedHashMap<String, String>();
    var shards = new HashSet<String>();
    if (json.absent("weight_map")) {
      throw json.error(
          "is JSON, but no index of weights: it has no member 'weight_map'",
          "If it should be a file of weights, the server may have sent an error: look into it.");
    }
    for (var member : json.object("weight_map").members().entrySet()) {
      var shard = member.getValue().asString();
      if (!shards.contains(shard) && !isPlain(shard, file)) {
        throw member
            .getValue()
            .error(
                "shard " + MmibException.quote(shard) + " is not the plain name of another file",
                CURE);
      }
      shards.add(shard);
      shardOf.put(member.getKey(), shard);
    }
    if (shardOf.isEmpty()) {
      throw json.error("weight_map is empty", CURE);
    }
    return new WeightIndex(file, json, shardOf);
  }

  private static boolean isPlain(String shard, Path index) {
    return PLAIN_NAME.matcher(shard).matches()
        && !WINDOWS_DEVICE.matcher(shard.toUpperCase(Locale.ROOT)).matches()
        && !index.endsWith(shard);
  }

  /** The name of the shard that holds each tensor. */
  public Map<String, String> shardOf() {
    return shardOf;
  }

  /** The shards' files, after their headers were compared with the index. */
  public List<Path> shards() {
    return shards(WeightIndex::sizes);
  }

  private static Map<String, Long> sizes(Path shard) {
    try (var tensors = SafeTensors.open(shard)) {
      return tensors.sizes();
    }
  }

  /**
   * The same of shards in another format.
   *
   * @param contents the bytes of each tensor of a shard
   */
  public List<Path> shards(Function<Path, Map<String, Long>> contents) {
    var found = new LinkedHashMap<String, String>(); // tensor → shard that really has it
    var paths = new ArrayList<Path>();
    long bytes = 0;
    for (var shard : new LinkedHashSet<>(shardOf.values())) {
      var path = confined(shard);
      for (var tensor : contents.apply(path).entrySet()) {
        note(found, tensor.getKey(), shard);
        bytes += tensor.getValue();
      }
      paths.add(path);
    }
    for (var listed : shardOf.entrySet()) {
      var shard = found.get(listed.getKey());
      if (!listed.getValue().equals(shard)) {
        throw refuse(
            "tensor "
                + MmibException.quote(listed.getKey())
                + " is not in "
                + listed.getValue()
                + (shard == null ? "" : " but in " + shard));
      }
    }
    warnOfUnlisted(found);
    warnOfTotalSize(bytes);
    return paths;
  }

  private void note(Map<String, String> found, String tensor, String shard) {
    var other = found.put(tensor, shard);
    if (other != null) {
      throw refuse(
          "tensor " + MmibException.quote(tensor) + " is in " + other + " and in " + shard);
    }
  }

  /** One line, however many there are. */
  private void warnOfUnlisted(Map<String, String> found) {
    var unlisted = found.keySet().stream().filter(name -> !shardOf.containsKey(name)).toList();
    if (!unlisted.isEmpty()) {
      var first = unlisted.get(0);
      LOG.warn(
          "{}: tensor {} of {} is not listed{}",
          file,
          MmibException.quote(first),
          found.get(first),
          unlisted.size() == 1 ? "" : ", like " + (unlisted.size() - 1) + " others");
    }
  }

  private void warnOfTotalSize(long bytes) {
    if (json.absent("metadata") || json.object("metadata").absent("total_size")) {
      return;
    }
    var stated = json.object("metadata").at("total_size");
    if (!stated.toString().equals(Long.toString(bytes))) {
      LOG.warn("{}: total_size is {}, the tensors have {} bytes", file, stated, bytes);
    }
  }

  private Path confined(String shard) {
    var directory = file.toAbsolutePath().getParent();
    if (directory == null || !Files.exists(file.resolveSibling(shard))) {
      throw refuse("shard " + shard + " is missing");
    }
    ConfinedFiles.in(directory, shard, ErrorCode.WEIGHT_INDEX);
    return file.resolveSibling(shard);
  }

  private MmibException refuse(String what) {
    return MmibException.in(file.toString(), ErrorCode.WEIGHT_INDEX, what, CURE);
  }
}
