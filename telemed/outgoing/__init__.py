"""Messages to other systems: written with the fact they tell, sent by a worker until somebody has them."""
