package dev.mmib.jmh.mmib;

import dev.mmib.backend.Backend;
import dev.mmib.bert.Bert;
import dev.mmib.io.HuggingFaceDirectory;
import dev.mmib.jmh.BertBase;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import java.io.IOException;

/** bert-base with the weights that all contenders share. */
record LoadedBert(Parameters parameters, Bert bert) {

  static LoadedBert on(Backend backend) throws IOException {
    try (var weights = HuggingFaceDirectory.open(BertBase.directory()).weights()) {
      var parameters = new Parameters(backend, weights.bert(Weights.random(0)));
      return new LoadedBert(parameters, Bert.of(parameters.at("bert"), BertBase.CONFIG));
    }
  }
}
