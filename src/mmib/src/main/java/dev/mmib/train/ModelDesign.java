package dev.mmib.train;

import dev.mmib.backend.Backend;
import dev.mmib.bert.BertConfig;
import dev.mmib.data.RelationSet;
import dev.mmib.data.TagSet;
import dev.mmib.io.TransferredWeights;
import dev.mmib.model.MmibModel;
import dev.mmib.model.NerModel;
import dev.mmib.model.RelationModel;
import dev.mmib.model.Task;
import dev.mmib.nn.Weights;
import dev.mmib.text.BertTokenizer;

/** All that a model is before it has weights, and the data that it is trained on. */
record ModelDesign(
    TrainConfig config,
    BertConfig bert,
    BertTokenizer tokenizer,
    TransferredWeights.Names names,
    TrainingData data) {

  /** The same with other settings, which must ask for the same text encoder. */
  ModelDesign with(TrainConfig other) {
    return new ModelDesign(other, bert, tokenizer, names, data);
  }

  /** The model with weights. */
  MmibModel model(Backend backend, Weights weights) {
    var settings = config.model();
    return settings.task() == Task.NER
        ? NerModel.create(backend, settings, bert, TagSet.ofTags(names.labels()), weights)
        : RelationModel.create(backend, settings, bert, RelationSet.of(names.labels()), weights);
  }
}
