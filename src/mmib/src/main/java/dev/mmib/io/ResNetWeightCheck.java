package dev.mmib.io;

import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import dev.mmib.io.WeightCheck.Extent;
import dev.mmib.resnet.ResNetConfig;
import dev.mmib.resnet.ResNetNames;
import dev.mmib.resnet.ResNetVariant;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the tensors of a checkpoint with those of a ResNet.
 *
 * @param configured what config.json says; null where there is none
 */
record ResNetWeightCheck(Path file, @Nullable ResNetConfig configured) {

  private static final Logger LOG = LoggerFactory.getLogger(ResNetWeightCheck.class);
  private static final Pattern HARMLESS =
      Pattern.compile("(.*\\.)?(num_batches_tracked|(fc|classifier)\\..*)");

  /** The network that the tensors are of; refuses other networks and what does not fit. */
  ResNetConfig check(Map<String, int[]> stored) {
    var names = ResNetNames.of(stored.keySet());
    var difference = ResNetVariant.difference(stored.keySet(), names.translated(stored));
    if (difference.isPresent()) {
      throw refuse(difference.get());
    }
    var told = ResNetConfig.ofShapes(stored);
    var network = configured != null ? configured : told.orElseThrow(() -> unknown(stored));
    var check = new WeightCheck(file, stored);
    var reason =
        configured == null
            ? "a " + network.name() + " has"
            : "config.json describes a " + network.name();
    network
        .shapes()
        .forEach(
            (name, dims) ->
                check.want(
                    names.spelled(name),
                    names.stored(name),
                    Arrays.stream(dims).mapToObj(d -> new Extent(d, reason)).toList(),
                    false));
    if (!check.fits()) {
      throw check.refusal(
          name -> HARMLESS.matcher(name).matches(), "Take the weights as they were published.");
    }
    if (!check.unused().isEmpty()) {
      LOG.info(
          "{}: {} tensors of no use here (classifier, buffers): {}",
          file,
          check.unused().size(),
          WeightCheck.names(check.unused()));
    }
    return network;
  }

  private MmibException unknown(Map<String, int[]> stored) {
    var other = Architectures.of(stored.keySet()).filter(o -> !o.network().equals("ResNet"));
    if (other.isPresent()) {
      return MmibException.at(
          file.toString(),
          "tensor " + MmibException.quote(other.get().tensor()),
          ErrorCode.CONFIG_UNSUPPORTED,
          "belongs to a " + other.get().network() + ", not to a ResNet",
          hint());
    }
    return MmibException.in(
        file.toString(),
        ErrorCode.WEIGHTS_MISMATCH,
        "no ResNet that is known has tensors of these names and shapes",
        hint());
  }

  private MmibException refuse(String difference) {
    return MmibException.in(
        file.toString(), ErrorCode.CONFIG_UNSUPPORTED, "is no plain ResNet: " + difference, hint());
  }

  private static String hint() {
    return "Known are " + String.join(", ", ResNetConfig.names()) + ".";
  }
}
