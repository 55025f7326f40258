"""Trains scriptio-sat: data, model, training, export and evaluation."""
