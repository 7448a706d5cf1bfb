//! From behaviour to models: factors, neighbours, needs, and an honest account of how good they are.
