import torch

from models.architecture import Architecture
from models.lstm import CharLSTM


def test_connections_from_a_layer_to_itself_are_dropped_in_training_alone() -> None:
    torch.manual_seed(0)
    network = CharLSTM(Architecture(2, 16), dropout_recurrent=0.5)
    text = torch.randint(128, (12, 3))
    plain = CharLSTM(Architecture(2, 16))
    plain.load_state_dict(network.state_dict())
    first, second = network(text)[0], network(text)[0]
    assert not torch.equal(first, second)
    assert torch.equal(first[0], plain(text)[0][0])  # the first character has nothing to remember
    assert torch.equal(network.eval()(text)[0], plain.eval()(text)[0])


def test_dropped_connections_are_not_learnt_and_the_others_are() -> None:
    torch.manual_seed(0)
    network = CharLSTM(Architecture(1, 16), dropout_recurrent=0.5)
    network(torch.randint(128, (12, 3)))[0].sum().backward()
    grad = network.lstm.weight_hh_l0.grad
    assert grad is not None
    assert 0.4 < float((grad == 0).float().mean()) < 0.6
